use std::convert::Infallible;

use axum::response::{IntoResponse, Response};

use crate::AuthError;
use crate::server::operations::Reply;

/// An error in the project's JSON shape.
pub(super) fn error_response(error: AuthError) -> Response {
    Reply::<Infallible>::without_request(Err(error)).into_response()
}
