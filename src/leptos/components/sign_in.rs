use leptos::form::ActionForm;
use leptos::prelude::*;

use crate::leptos::components::form_parts::{FormAlert, PageField};
use crate::leptos::use_sign_in;

/// A button to sign in with a provider: an `ActionForm` of [`use_sign_in`](crate::leptos::use_sign_in), which also
/// works without scripts.
///
/// The form and the button are `aria-busy` until the browser leaves the page. An error before the browser leaves is
/// shown beside the button in a `role="alert"`. A later error is shown by the app's [error
/// page](crate::AuthBuilder::error_page).
///
/// ```
/// # use leptos::prelude::*;
/// use aura_auth::leptos::SignIn;
///
/// #[component]
/// fn Login() -> impl IntoView {
///     view! { <SignIn provider="bitbucket" redirect_to="/dashboard">"Continue with Bitbucket"</SignIn> }
/// }
/// ```
#[component]
pub fn SignIn(
    /// The provider's id.
    #[prop(into)]
    provider: String,
    /// Where the person goes after the sign-in. Default: back to this page.
    #[prop(optional, into)]
    redirect_to: MaybeProp<String>,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// The button's text.
    children: Children,
) -> impl IntoView {
    let sign_in = use_sign_in();
    // After the response, the browser still has to load the provider's page.
    let busy = move || {
        let is_leaving = sign_in.value().with(|value| matches!(value, Some(Ok(_))));
        (sign_in.pending().get() || is_leaving).then_some("true")
    };
    let target = move || redirect_to.get().unwrap_or_default();
    view! {
        <ActionForm action=sign_in attr:aria-busy=busy>
            <input type="hidden" name="provider" value=provider/>
            // This is also a property: hydration does not change attributes, and only the browser knows the fragment.
            <input
                type="hidden"
                name="redirect_to"
                value=target
                prop:value=target
                disabled=move || redirect_to.get().is_none()
            />
            <PageField/>
            <button type="submit" class=class aria-busy=busy>{children()}</button>
            <FormAlert error=Signal::derive(move || sign_in.value().get().and_then(Result::err))/>
        </ActionForm>
    }
}
