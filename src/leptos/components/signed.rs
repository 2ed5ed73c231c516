use leptos::prelude::*;

use crate::leptos::use_session;

/// Shows its children if somebody is signed in.
#[component]
pub fn SignedIn(
    /// The content to show.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || session.is_authenticated()>{children()}</Show> }
}

/// Shows its children if nobody is signed in. Also shows them as long as nothing is known (in a static page, until the
/// first response arrives), so that the page works without scripts.
#[component]
pub fn SignedOut(
    /// The content to show.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || !session.is_authenticated()>{children()}</Show> }
}
