use aura_auth::leptos::SignIn;
use leptos::prelude::*;

use crate::components::provider_mark;

/// A button to sign in with a provider. Its text is the usual one on such buttons.
#[component]
pub(crate) fn ProviderButton(
    /// The provider's id.
    #[prop(into)]
    id: String,
    /// The provider's name.
    #[prop(into)]
    name: String,
    /// Where the person goes after the sign-in.
    #[prop(into)]
    redirect_to: Signal<Option<String>>,
) -> impl IntoView {
    // Bitbucket's button has Bitbucket's colour. The other buttons are plain.
    let class = if id == "bitbucket" { "button provider bitbucket" } else { "button provider" };
    let mark = provider_mark(&id, &name);
    view! {
        <SignIn provider=id redirect_to class>
            {mark}
            <span>{format!("Continue with {name}")}</span>
        </SignIn>
    }
}
