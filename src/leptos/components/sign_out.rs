use leptos::prelude::*;

use super::super::use_sign_out;
use super::auth_form::form_of;
use super::form::submit_button;

/// A button that signs out. Without scripts it is a form.
///
/// While it works form and button are `aria-busy`; what goes wrong is said beside it in a `role="alert"`.
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
    form_of(use_sign_out(), String::new(), Some(redirect_to), submit_button(class, children()))
}
