use leptos::prelude::*;

use super::super::use_session;

/// A button that signs in with a provider. It is a form that the browser itself sends, so it works
/// the same without scripts.
///
/// Until the page is gone the button is `aria-busy`. What goes wrong is shown by the app's
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
    // In which life of the page it was sent: Back may bring the page back.
    let sent_in = StoredValue::new(0);
    let (sent, set_sent) = signal(false);
    let restored = move || session.restored();
    let busy = move || (sent.get() && sent_in.get_value() == restored()).then_some("true");
    let send = move |_| {
        sent_in.set_value(untrack(restored));
        set_sent.set(true);
    };
    // A field that is disabled is not sent.
    let goes_back = move || redirect_to.get().is_none();
    view! {
        <form method="get" action=session.endpoint(&["signIn/".to_owned(), provider].concat()) on:submit=send>
            <input type="hidden" name="redirectTo" value=move || redirect_to.get() disabled=goes_back/>
            <button type="submit" class=class aria-busy=busy>{children()}</button>
        </form>
    }
    .into_any()
}
