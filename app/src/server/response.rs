use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderValue, StatusCode};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Scripts run only if this response named them. There is no `form-action`: a form that signs in
/// is sent on to the provider, and Chromium counts that as its target.
pub fn set_content_security_policy() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else { return };
    // cargo-leptos reloads the page through a web socket.
    let connect = if cfg!(debug_assertions) { "'self' ws:" } else { "'self'" };
    // A stand-in that runs alone has its avatar at another port of this machine.
    let loopback = if cfg!(feature = "demo") { " http://localhost:* http://127.0.0.1:*" } else { "" };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; connect-src {connect}; \
         img-src 'self' https: data:{loopback}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The page says that nothing is here, and so does the status.
pub fn set_status_not_found() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::NOT_FOUND);
    }
}
