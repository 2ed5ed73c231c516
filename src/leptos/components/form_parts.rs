//! What the forms of this library have in common.

use leptos::prelude::*;

use crate::AuthError;
use crate::leptos::page_url::page_path;

/// The page that the form is on, for the answer and for the error of a form that is sent without
/// scripts. A browser may send no `Referer`.
#[component]
pub(super) fn PageField() -> impl IntoView {
    let page = page_path();
    view! { <input type="hidden" name="from_page" value=page prop:value=page/> }
}

/// What went wrong, for eyes and for screen readers. The region is always there: screen readers announce
/// only what changes in a region that they know.
#[component]
pub(super) fn FormAlert(error: Signal<Option<AuthError>>) -> impl IntoView {
    view! { <div role="alert" class="failure">{move || error.get().map(AuthError::message)}</div> }
}
