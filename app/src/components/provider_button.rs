use aura_auth::leptos::SignIn;
use leptos::prelude::*;

use super::provider_mark;

/// Signs in with a provider. The words are the ones that sign-in buttons use.
#[component]
pub(crate) fn ProviderButton(
    /// The provider's id.
    #[prop(into)]
    id: String,
    /// Its name.
    #[prop(into)]
    name: String,
    /// Where the person goes then.
    #[prop(into)]
    redirect_to: Signal<Option<String>>,
) -> impl IntoView {
    // Bitbucket's button has Bitbucket's colour, the others are plain.
    let class = if id == "bitbucket" { "button provider bitbucket" } else { "button provider" };
    let mark = provider_mark(&id, &name);
    view! {
        <SignIn provider=id redirect_to class>
            {mark}
            <span>{format!("Continue with {name}")}</span>
        </SignIn>
    }
}
