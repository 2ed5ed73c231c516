use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aura_auth::Auth;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

/// Says whether the server can do its work, which needs its store.
#[derive(Clone)]
pub(super) struct Readiness {
    auth: Auth,
    /// The result of the last check. The log has a line for each change, and not for each probe.
    was_ready: Arc<AtomicBool>,
}

impl Readiness {
    pub(super) fn new(auth: &Auth) -> Self {
        Self { auth: auth.clone(), was_ready: Arc::new(AtomicBool::new(true)) }
    }

    /// Answers a probe. The time limit of the store is the time limit of the answer.
    pub(super) async fn answer(self) -> Response {
        let checked = self.auth.check_store().await;
        let is_ready = checked.is_ok();
        let has_changed = self.was_ready.swap(is_ready, Ordering::Relaxed) != is_ready;
        match checked {
            Err(error) if has_changed => tracing::warn!(%error, "the server is not ready: its store does not answer"),
            Ok(()) if has_changed => tracing::info!("the server is ready again: its store answers"),
            _ => {}
        }
        let answer = if is_ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "no store") };
        ([(CACHE_CONTROL, "no-store")], answer).into_response()
    }
}
