use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::server::http::refusal::refusal;
use crate::server::operations::RoomError as _;
use crate::server::request::RequestContext;
use crate::{AuthError, Session};

/// Why a handler that asks for a [`Session`] was not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRejection(AuthError);

impl SessionRejection {
    /// The error: nobody is signed in, or the layer is missing.
    #[must_use]
    pub fn error(self) -> AuthError {
        self.0
    }
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        refusal(self.0)
    }
}

fn context(parts: &Parts) -> Result<&RequestContext, SessionRejection> {
    parts.extensions.get::<RequestContext>().ok_or_else(|| {
        tracing::error!("a handler asks for the session, but `auth.layer()` is not around it");
        SessionRejection(AuthError::ServerError)
    })
}

/// The session; a request without one is refused with 401.
///
/// ```
/// use aura_auth::Session;
///
/// async fn hello(session: Session) -> String {
///     format!("Hello {}", session.user.sub)
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(hello));
/// ```
impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, SessionRejection> {
        context(parts)?
            .session()
            .await
            .map(|stored| stored.session.clone())
            .map_err(|error| SessionRejection(error.public()))
    }
}

/// The session, if somebody is signed in.
impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, SessionRejection> {
        Ok(context(parts)?.session().await.ok().map(|stored| stored.session.clone()))
    }
}
