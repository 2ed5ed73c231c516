use leptos::prelude::*;

/// A live region for screen readers: role `status` for messages that can wait, `alert` for urgent ones. The element is
/// always in the page, since screen readers announce changes only in a region that already exists. Only its content
/// changes.
#[component]
pub(crate) fn Live(
    /// `status` or `alert`.
    role: &'static str,
    /// The class of the announcement.
    class: &'static str,
    /// The text to announce. Empty text shows nothing.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <div role=role>
            <Show when=move || !text.read().is_empty()>
                <p class=class>{text}</p>
            </Show>
        </div>
    }
}
