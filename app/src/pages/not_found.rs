use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// The page for an unknown URL.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server::set_status_not_found();
    view! {
        <Title text="Not found"/>
        <section class="card">
            <h1>"There is no page here"</h1>
            <p>"The address may have a typing error, or the page may have moved."</p>
            <A href="/" attr:class="button">"Go to the front page"</A>
        </section>
    }
}
