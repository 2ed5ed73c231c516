use leptos::prelude::*;

use crate::leptos::use_session;

/// Shows its children while somebody is signed in.
#[component]
pub fn SignedIn(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || session.is_authenticated()>{children()}</Show> }
}

/// Shows its children while nobody is signed in. While nothing is known (in a static page, until the
/// first answer is there) it shows them too, so that the page works without scripts.
#[component]
pub fn SignedOut(
    /// What is shown.
    children: ChildrenFn,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || !session.is_authenticated()>{children()}</Show> }
}
