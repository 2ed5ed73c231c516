use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER, X_FRAME_OPTIONS};
use sha2::{Digest as _, Sha256};

use crate::AuthError;
use crate::server::http::error_response::error_response;
use crate::server::operations::{Reply, ReplyBody, add_secure_headers};

impl<T: ReplyBody> IntoResponse for Reply<T> {
    fn into_response(mut self) -> Response {
        let body = match self.body() {
            Ok(body) => body,
            Err(error) => return error_response(error),
        };
        add_secure_headers(&mut self.headers);
        let status = self.status();
        let (body, content_type) = match self.page.take() {
            Some(page) => (page, "text/html; charset=utf-8"),
            None => (body, "application/json"),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *response.headers_mut() = self.headers;
        response
    }
}

/// Returns the page that a person sees if they used a host that is not the app's own.
pub(super) fn misdirected_page(host: Option<&str>) -> Response {
    let host = host.map(|host| format!("<p>Host: {host}</p>")).unwrap_or_default();
    error_page(AuthError::MisdirectedRequest, "Wrong address", &host)
}

/// Returns the page that a person sees if the store of the sessions can't be reached. An empty link leads to the page
/// that the person is on.
pub(super) fn unavailable_page() -> Response {
    let again = "<p><a href=\"\">Try again</a></p>";
    let mut response = error_page(AuthError::StoreUnavailable, "Please try again soon", again);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// The style of the pages that the library shows itself.
const STYLE: &str = "\
:root{color-scheme:light dark;font:1.0625rem/1.6 system-ui,sans-serif}\
body{max-width:34rem;margin:18vh auto 2rem;padding:0 1.5rem}\
h1{font-size:1.5rem;line-height:1.25}\
a{color:light-dark(#0b57d0,#a8c7fa);text-underline-offset:.2em}\
a:focus-visible{outline:3px solid currentColor;outline-offset:3px}\
small{color:light-dark(#5f6368,#9aa0a6)}";

/// `Content-Security-Policy` of these pages: nothing is loaded, and only [`STYLE`] is applied.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).ok()
});

fn error_page(error: AuthError, title: &str, details: &str) -> Response {
    let (message, code) = (error.message(), error.code());
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
         <main><h1>{title}</h1><p>{message}</p>{details}<p><small>Code for support: {code}</small></p></main></html>"
    );
    let mut response = error_response(error);
    *response.body_mut() = Body::from(html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Some(policy) = &*POLICY {
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    }
    response
}

/// Returns the page that a frame shows instead of a sign-in: a link that starts the sign-in in a new tab. It contains
/// nothing private, so any page may frame it.
pub(super) fn frame_page(base_path: &str, provider: &str, name: &str, redirect_to: Option<&str>) -> Response {
    let query = redirect_to.map(|redirect_to| {
        let mut query = url::form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        query.append_pair("redirectTo", redirect_to).finish()
    });
    let query = query.unwrap_or_default();
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Sign in</title>\
         <p><a href=\"{base_path}/signIn/{provider}{query}\" target=\"_blank\" rel=\"noopener\">Sign in with {name} in a new \
         tab</a></p></html>"
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    add_secure_headers(headers);
    headers.remove(X_FRAME_OPTIONS);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; base-uri 'none'"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
