use leptos::form::ActionForm;
use leptos::prelude::*;

use crate::leptos::components::form_parts::{FormAlert, PageField};
use crate::leptos::use_sign_out;

/// A button to sign out: an `ActionForm` of [`use_sign_out`](crate::leptos::use_sign_out), which also works without
/// scripts.
///
/// The form and the button are `aria-busy` until the browser leaves the page. An error is shown beside the button in a
/// `role="alert"`.
#[component]
pub fn SignOut(
    /// Where the person goes after the sign-out.
    #[prop(default = "/".into(), into)]
    redirect_to: String,
    /// The button's class.
    #[prop(optional, into)]
    class: String,
    /// The button's text.
    children: Children,
) -> impl IntoView {
    let sign_out = use_sign_out();
    // After the response, the browser still has to load the next page.
    let busy = move || {
        let is_leaving = sign_out.value().with(|value| matches!(value, Some(Ok(_))));
        (sign_out.pending().get() || is_leaving).then_some("true")
    };
    view! {
        <ActionForm action=sign_out attr:aria-busy=busy>
            <input type="hidden" name="redirect_to" value=redirect_to/>
            <PageField/>
            <button type="submit" class=class aria-busy=busy>{children()}</button>
            <FormAlert error=Signal::derive(move || sign_out.value().get().and_then(Result::err))/>
        </ActionForm>
    }
}
