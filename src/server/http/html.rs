use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_FRAME_OPTIONS};

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
    let error = AuthError::MisdirectedRequest;
    let (message, code) = (error.message(), error.code());
    let host = host.map(|host| format!("<p>Host: {host}</p>")).unwrap_or_default();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Wrong address</title>\
         <h1>Wrong address</h1><p>{message}</p>{host}<p>Code for support: {code}</p></html>"
    );
    let mut response = error_response(error);
    *response.body_mut() = Body::from(html);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
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
