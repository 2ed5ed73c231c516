use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::request::Parts;

use crate::server::http::error_response::error_response;
use crate::server::operations::{Api, RoomError as _, wants_html};
use crate::server::request::RequestContext;
use crate::server::session::SessionError;
use crate::{AuthError, Session};

/// Why a handler that takes a [`Session`] was not called. The response redirects a person to the
/// [sign-in page](crate::AuthBuilder::sign_in_page), from which they come back. A program gets the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRejection {
    error: AuthError,
    /// The URL of the sign-in page, for a person.
    sign_in: Option<HeaderValue>,
}

impl SessionRejection {
    fn of(error: AuthError) -> Self {
        Self { error, sign_in: None }
    }

    /// Returns the error: nobody is signed in, or the layer is missing.
    #[must_use]
    pub fn error(&self) -> AuthError {
        self.error
    }
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        let mut response = error_response(self.error);
        if let Some(sign_in) = self.sign_in {
            // 303: the browser loads the sign-in page by GET, whatever this request's method was.
            *response.status_mut() = StatusCode::SEE_OTHER;
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().insert(LOCATION, sign_in);
        }
        response
    }
}

fn context(parts: &Parts) -> Result<&RequestContext, SessionRejection> {
    parts.extensions.get::<RequestContext>().ok_or_else(|| {
        tracing::error!("a handler needs the session, but `auth.layer()` is not around the handler");
        SessionRejection::of(AuthError::ServerError)
    })
}

/// The session. If there is none, a person is redirected to the sign-in page (303), and a program gets 401.
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
        let context = context(parts)?;
        context.session().await.map(|record| record.session.clone()).map_err(|error| {
            let is_known = error != SessionError::StoreUnavailable;
            let sign_in = || Api::new(Arc::clone(context.state())).sign_in_location(parts).parse().ok();
            let goes_there = is_known && wants_html(&parts.headers);
            SessionRejection { error: error.public(), sign_in: goes_there.then(sign_in).flatten() }
        })
    }
}

/// The session, for a handler that is for everybody. If nobody is signed in, this is `None`, and nobody is redirected.
///
/// The reason does not matter. If the session has ended, if the cookie can't be opened, or if another host of the site
/// has set it ([`SessionNotPinned`](AuthError::SessionNotPinned)), this is `None` too. So no cookie can lock a person
/// out of a page that is for everybody. [`Api::get_session`] returns the reason.
///
/// The request is rejected only if [the layer](crate::Auth::layer) is missing, or if sessions are in a store that can't
/// be reached ([`StoreUnavailable`](AuthError::StoreUnavailable)): the person may be signed in.
///
/// ```
/// use aura_auth::Session;
///
/// async fn greeting(session: Option<Session>) -> String {
///     session.map_or("Hello stranger".to_owned(), |session| format!("Hello {}", session.user.sub))
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(greeting));
/// ```
impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, SessionRejection> {
        match context(parts)?.session().await {
            Ok(record) => Ok(Some(record.session.clone())),
            Err(SessionError::StoreUnavailable) => Err(SessionRejection::of(AuthError::StoreUnavailable)),
            Err(_) => Ok(None),
        }
    }
}
