use leptos::prelude::*;

use super::super::use_session;

/// Shows its children while somebody is signed in.
#[component]
pub fn SignedIn<C: IntoView + 'static>(
    /// What is shown.
    children: TypedChildrenFn<C>,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || session.is_authenticated() children=children/> }
}

/// Shows its children while nobody is signed in. While nothing is known (in a static page, until the
/// first answer is there) it shows them too, so that the page works without scripts.
#[component]
pub fn SignedOut<C: IntoView + 'static>(
    /// What is shown.
    children: TypedChildrenFn<C>,
) -> impl IntoView {
    let session = use_session();
    view! { <Show when=move || !session.is_authenticated() children=children/> }
}
