use leptos::prelude::*;

use super::super::use_session;
use super::changing;

/// Shows its children while somebody is signed in.
#[component]
pub fn SignedIn(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    shown_while(true, children)
}

/// Shows its children while nobody is signed in. While nothing is known (in a static page, until the
/// first answer is there) it shows them too, so that the page works without scripts.
#[component]
pub fn SignedOut(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    shown_while(false, children)
}

fn shown_while(signed_in: bool, children: ChildrenFn) -> AnyView {
    let session = use_session();
    changing(move || if session.is_authenticated() == signed_in { children() } else { ().into_any() })
}
