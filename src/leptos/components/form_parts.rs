//! The parts that all forms of this library share.

use leptos::prelude::*;

use crate::AuthError;
use crate::leptos::page_url::page_path;

/// A hidden field with the page that contains the form. The server needs it to redirect back if the form is sent
/// without scripts, since a browser may send no `Referer`.
#[component]
pub(super) fn PageField() -> impl IntoView {
    let page = page_path();
    view! { <input type="hidden" name="from_page" value=page prop:value=page/> }
}

/// Shows the error of a form, also to screen readers. The element is always in the page, since screen readers announce
/// changes only in a live region that already exists.
#[component]
pub(super) fn FormAlert(error: Signal<Option<AuthError>>) -> impl IntoView {
    view! { <div role="alert" class="failure">{move || error.get().map(AuthError::message)}</div> }
}
