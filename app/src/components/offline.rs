use aura_auth::SessionStatus;
use aura_auth::leptos::use_session;
use leptos::prelude::*;

use crate::components::Live;

/// Says that the server can't be reached and that the page may be out of date.
#[component]
pub(crate) fn Offline() -> impl IntoView {
    let session = use_session();
    let text = move || match session.status() {
        SessionStatus::Stale => "The server can't be reached. What you see may be out of date.".to_owned(),
        _ => String::new(),
    };
    view! { <Live role="status" class="offline" text=Signal::derive(text)/> }
}
