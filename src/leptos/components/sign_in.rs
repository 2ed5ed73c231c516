use std::rc::Rc;

use leptos::prelude::*;

use super::super::use_session;
use super::form::{Form, submit_button};

/// A button that signs in with a provider. It is a form that the browser itself sends, so it works
/// the same without scripts.
///
/// Until the page is gone form and button are `aria-busy`. What goes wrong is shown by the app's
/// [error page](crate::AuthBuilder::error_page).
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
#[expect(clippy::needless_pass_by_value, reason = "a component's properties are its own")]
pub fn SignIn(
    /// The provider's id.
    #[prop(into)]
    provider: String,
    /// Where the person goes then; else back to this page.
    #[prop(optional, into)]
    redirect_to: MaybeProp<String>,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// What the button says.
    children: Children,
) -> impl IntoView {
    let session = use_session();
    let form = Form {
        method: "get",
        action: session.endpoint(&format!("signIn/{provider}")),
        class: String::new(),
        csrf_token: None,
        redirect_to: redirect_to.get_untracked(),
        children: submit_button(class, children()),
    };
    form.view(Rc::new(move |form| {
        #[cfg(not(feature = "ssr"))]
        super::super::browser::form::leave_on_submit(form, session, redirect_to);
        #[cfg(feature = "ssr")]
        let _ = (form, session, redirect_to);
    }))
}
