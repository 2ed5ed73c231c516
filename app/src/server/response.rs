use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderValue, StatusCode};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// Sets the Content-Security-Policy: only scripts with this response's nonce run. There is no `form-action`: a sign-in
/// form is redirected to the provider, and Chromium applies `form-action` to redirects too.
pub fn set_content_security_policy() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else { return };
    // cargo-leptos reloads the page through a WebSocket.
    let connect = if cfg!(debug_assertions) { "'self' ws:" } else { "'self'" };
    // A stand-in in a separate process serves its avatars from another port of this computer.
    let loopback = if cfg!(feature = "demo") { " http://localhost:* http://127.0.0.1:*" } else { "" };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; connect-src {connect}; \
         img-src 'self' https: data:{loopback}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Sets the status 404 for the page that says that the URL is unknown.
pub fn set_status_not_found() {
    if let Some(options) = use_context::<ResponseOptions>() {
        options.set_status(StatusCode::NOT_FOUND);
    }
}
