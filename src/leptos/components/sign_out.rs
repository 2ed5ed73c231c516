use leptos::prelude::*;

use super::super::use_sign_out;
use super::AuthForm;

/// A button that signs out. Without scripts it is a form.
///
/// While it works the button is `aria-busy`; what goes wrong is said beside it in a `role="alert"`.
#[component]
pub fn SignOut(
    /// Where the person goes then.
    #[prop(default = "/".into(), into)]
    redirect_to: String,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// What the button says.
    children: Children,
) -> impl IntoView {
    let action = use_sign_out();
    view! {
        <AuthForm action>
            <input type="hidden" name="redirectTo" value=redirect_to/>
            <button type="submit" class=class aria-busy=move || action.pending().then_some("true")>
                {children()}
            </button>
        </AuthForm>
    }
}
