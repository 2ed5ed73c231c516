use std::error::Error;

use crate::AuthError;
use crate::Fault;
use crate::server::cookies::CookieError;
use crate::server::jose::JoseError;
use crate::server::operations::limit::Limited;
use crate::server::request::RequestContext;
use crate::server::session::SessionError;

/// Why an operation failed: what the client learns, and the cause, which the log alone is told.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: AuthError,
    /// The app's own words for the person, where it refused.
    pub(crate) reason: Option<String>,
    /// Which limit was reached, where one was.
    pub(crate) limited: Option<Box<Limited>>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    pub(crate) fn new(error: AuthError, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Box::new(cause)), ..error.into() }
    }

    /// The workspace or the app refused the account.
    pub(crate) fn denied(reason: Option<String>) -> Self {
        Self { reason, ..AuthError::SignInDenied.into() }
    }

    /// What the client learns. The log gets one line with the code, the request's id and the cause, where there
    /// is a cause.
    pub(crate) fn tell(&self, context: &RequestContext) -> AuthError {
        let error = self.error;
        if let Some(cause) = &self.cause {
            let (code, reference, cause) = (error.code(), context.id(), chain(&**cause));
            match error.fault() {
                Fault::Server => tracing::error!(code, reference, cause, "an operation failed"),
                Fault::Provider => tracing::warn!(code, reference, cause, "an operation failed"),
                Fault::Caller | Fault::Person => tracing::debug!(code, reference, cause, "an operation failed"),
            }
        }
        error
    }
}

/// An error with the sources behind it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self { error, reason: None, limited: None, cause: None }
    }
}

impl From<Limited> for Failure {
    fn from(limited: Limited) -> Self {
        Self { limited: Some(Box::new(limited)), ..AuthError::RateLimited.into() }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::new(public(error), error)
    }
}

/// What a client learns of a session that is not there.
pub(crate) fn public(error: SessionError) -> AuthError {
    match error {
        SessionError::NotFound => AuthError::SessionNotFound,
        SessionError::Expired => AuthError::SessionExpired,
        SessionError::NotPinned => AuthError::SessionNotPinned,
        SessionError::Invalid(_) => AuthError::SessionInvalid,
        SessionError::Seal(_) => AuthError::SealFailed,
        SessionError::Cookie(_) => AuthError::CookieTooLarge,
    }
}

impl From<CookieError> for Failure {
    fn from(error: CookieError) -> Self {
        Self::new(AuthError::CookieTooLarge, error)
    }
}

impl From<JoseError> for Failure {
    fn from(error: JoseError) -> Self {
        Self::new(AuthError::ServerError, error)
    }
}
