use leptos::prelude::*;

use super::piece;

/// A region that screen readers listen to: `status` for what can wait, `alert` for what can't. It is always
/// there, for they hear only what changes in a region that they know; what is in it comes and goes.
pub(crate) fn live(
    role: &'static str,
    class: &'static str,
    words: impl Fn() -> &'static str + Send + Sync + 'static,
) -> AnyView {
    let said = piece(move || {
        let words = words();
        if words.is_empty() { ().into_any() } else { view! { <p class=class>{words}</p> }.into_any() }
    });
    view! { <div role=role>{said}</div> }.into_any()
}
