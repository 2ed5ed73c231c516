use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::response::IntoResponse as _;
use http::{Method, StatusCode};
use memchr::memchr_iter;

use crate::AuthError;
use crate::operation::{SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX};

/// The largest body, in bytes, that an endpoint or a server function of the library reads. The largest one that is
/// needed is an update of the session, whose cookies hold only a few kilobytes.
pub(super) const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most fields in a form of a server function.
const MAX_FIELDS: usize = 100;

/// Checks whether a request calls a server function of the library. Leptos decodes the form before the function can
/// check anything, so the layer limits the form.
pub(super) fn is_server_function(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::POST
        && [SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX].iter().any(|prefix| path.starts_with(prefix))
}

/// Reads the request's body, and returns the request with it.
///
/// Fails with [`ContentTooLarge`](AuthError::ContentTooLarge) if the body is larger than 16 KB, with
/// [`InvalidParameters`](AuthError::InvalidParameters) if the form has more than 100 fields, and with
/// [`MalformedBody`](AuthError::MalformedBody) if the body ends too early.
pub(super) async fn bounded(request: Request) -> Result<Request, AuthError> {
    let (parts, body) = request.into_parts();
    let mut body = Request::new(body);
    DefaultBodyLimit::max(MAX_BODY_BYTES).apply(&mut body);
    let body = Bytes::from_request(body, &()).await.map_err(body_error)?;
    if memchr_iter(b'&', &body).count() >= MAX_FIELDS {
        return Err(AuthError::InvalidParameters);
    }
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Returns the error for a body that could not be read.
pub(super) fn body_error(rejection: BytesRejection) -> AuthError {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => AuthError::ContentTooLarge,
        _ => AuthError::MalformedBody,
    }
}
