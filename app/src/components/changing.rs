//! Parts of a page that change, each as one type for all of them: a type of its own would bring the code
//! that builds, hydrates and changes it into the wasm anew, some kilobytes each time.

use std::sync::Arc;

use leptos::prelude::*;

/// Words that change.
pub(crate) fn text(words: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(words)
}

/// A piece of page that changes.
pub(crate) fn piece(view: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    one_piece(Arc::new(view))
}

fn one_piece(view: ChildrenFn) -> AnyView {
    (move || view()).into_any()
}
