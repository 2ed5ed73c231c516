use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::response::IntoResponse as _;
use http::{Method, StatusCode};
use memchr::memchr_iter;

use crate::AuthError;
use crate::operation::{SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX};

/// The largest body that an endpoint or a server function of the library reads, in bytes. The largest that
/// one needs is an update of the session, which is kept in cookies of some kilobytes.
pub(super) const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most fields of a form of a server function.
const MAX_FIELDS: usize = 100;

/// Whether a request is one to a server function of the library. Leptos decodes its form before the function
/// can check anything, so the layer bounds the form.
pub(super) fn is_server_function(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::POST
        && [SERVER_FUNCTION_PREFIX, TOKEN_FUNCTION_PREFIX].iter().any(|prefix| path.starts_with(prefix))
}

/// The request with its body read, if that is not too large.
///
/// Fails with [`ContentTooLarge`](AuthError::ContentTooLarge), with
/// [`InvalidParameters`](AuthError::InvalidParameters) where the form has more than 100 fields, and with
/// [`MalformedBody`](AuthError::MalformedBody) where the body breaks off.
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

/// Why a body could not be read.
pub(super) fn body_error(rejection: BytesRejection) -> AuthError {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => AuthError::ContentTooLarge,
        _ => AuthError::MalformedBody,
    }
}
