use axum::response::{IntoResponse, Response};

use crate::AuthError;
use crate::server::operations::{Nothing, Reply};

/// An error in the project's JSON shape.
pub(super) fn refusal(error: AuthError) -> Response {
    Reply::<Nothing>::without_request(Err(error)).into_response()
}
