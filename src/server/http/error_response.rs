use std::convert::Infallible;

use axum::response::{IntoResponse, Response};

use crate::AuthError;
use crate::server::operations::Reply;

/// Returns an error in the project's JSON form.
pub(super) fn error_response(error: AuthError) -> Response {
    Reply::<Infallible>::without_request(Err(error)).into_response()
}
