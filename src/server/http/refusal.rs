use axum::response::{IntoResponse, Response};

use super::super::api::{Nothing, Reply};
use crate::AuthError;

/// An error in the project's JSON shape.
pub(super) fn refusal(error: AuthError) -> Response {
    Reply::<Nothing>::of(Err(error), http::HeaderMap::new()).into_response()
}
