use leptos::prelude::*;

/// A region that screen readers announce: `status` for what can wait, `alert` for what can't. It is always
/// there, since they announce only what changes in a region that they know. Its content comes and goes.
#[component]
pub(crate) fn Live(
    /// `status` or `alert`.
    role: &'static str,
    /// The class of what is announced.
    class: &'static str,
    /// What is announced; nothing while it is empty.
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
