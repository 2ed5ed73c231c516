use std::error::Error;
use std::fmt::Write as _;

use crate::server::cookies::CookieError;
use crate::server::jose::JoseError;
use crate::server::oauth::{FlowError, TokenError};
use crate::server::operations::limit::RateLimitExceeded;
use crate::server::providers::{HttpError, ProviderError};
use crate::server::request::RequestContext;
use crate::server::session::SessionError;
use crate::{AuthError, ErrorSource};

/// Why an operation failed: the error for the client, and the cause, which only the log gets.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: AuthError,
    /// The reason for the person, if the provider's rules or the app denied the account.
    pub(crate) reason: Option<String>,
    /// The rate limit that was exceeded, if one was.
    pub(crate) limited: Option<Box<RateLimitExceeded>>,
    provider: Option<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// An error of a module below `operations`.
pub(crate) trait RoomError: Error + Send + Sync + 'static {
    /// Returns the error that a client gets.
    fn public(&self) -> AuthError;
}

impl Failure {
    /// The failure if the provider's rules or the app denied the account.
    pub(super) fn denied(reason: Option<String>) -> Self {
        Self { reason, ..AuthError::SignInDenied.into() }
    }

    /// The request names a provider that is not configured.
    pub(super) fn unknown_provider() -> Self {
        let reason = "This app does not sign people in with that provider.".to_owned();
        Self { reason: Some(reason), ..AuthError::InvalidParameters.into() }
    }

    /// The failure for an error that concerns a provider. The log names the provider.
    pub(super) fn of(provider: &str, error: impl RoomError) -> Self {
        Self { provider: Some(provider.to_owned()), ..error.into() }
    }

    /// Returns the error for the client. If there is a cause, the log gets one line with the code, the request's id,
    /// the provider and the cause.
    pub(crate) fn log(&self, context: &RequestContext) -> AuthError {
        if let Some(cause) = &self.cause {
            log(self.error, &**cause, self.provider.as_deref(), Some(context.id()));
        }
        self.error
    }
}

/// Logs an error outside a request, and returns the error that a client would get.
pub(super) fn log_provider_error(provider: &str, error: &impl RoomError) -> AuthError {
    log(error.public(), error, Some(provider), None);
    error.public()
}

fn log(error: AuthError, cause: &dyn Error, provider: Option<&str>, reference: Option<&str>) {
    let (code, cause) = (error.code(), causes(cause));
    match error.error_source() {
        // Clients use up the budget of calls, so there is nothing to fix on the server.
        ErrorSource::Server if error != AuthError::ProviderBusy => {
            tracing::error!(code, reference, provider, cause, "an operation failed");
        }
        ErrorSource::Server | ErrorSource::Provider => {
            tracing::warn!(code, reference, provider, cause, "an operation failed");
        }
        // Anybody can cause any number of these, so they must not fill the log.
        ErrorSource::Caller | ErrorSource::Person => {
            tracing::debug!(code, reference, provider, cause, "an operation failed");
        }
    }
}

/// Returns the text of an error and of its sources.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self { error, reason: None, limited: None, provider: None, cause: None }
    }
}

impl From<RateLimitExceeded> for Failure {
    fn from(limited: RateLimitExceeded) -> Self {
        Self { limited: Some(Box::new(limited)), ..AuthError::RateLimited.into() }
    }
}

impl<E: RoomError> From<E> for Failure {
    fn from(error: E) -> Self {
        let public = error.public();
        Self { cause: Some(Box::new(error)), ..public.into() }
    }
}

impl RoomError for SessionError {
    fn public(&self) -> AuthError {
        match self {
            Self::NotFound => AuthError::SessionNotFound,
            Self::Expired => AuthError::SessionExpired,
            Self::NotPinned => AuthError::SessionNotPinned,
            Self::Invalid(_) => AuthError::SessionInvalid,
            Self::Seal(_) => AuthError::SealFailed,
            Self::TooLarge(_) => AuthError::CookieTooLarge,
            Self::ClaimsTooLarge(_) => AuthError::SessionTooLarge,
            Self::Identifier | Self::Conflict => AuthError::ServerError,
            Self::StoreUnavailable => AuthError::StoreUnavailable,
            Self::Unreadable => AuthError::SessionInvalid,
            Self::Cookie(error) => error.public(),
        }
    }
}

impl RoomError for CookieError {
    fn public(&self) -> AuthError {
        AuthError::CookieTooLarge
    }
}

impl RoomError for JoseError {
    fn public(&self) -> AuthError {
        AuthError::ServerError
    }
}

/// Statuses of a provider that is down or overloaded, or of a proxy before it. A retry may succeed.
fn is_down_or_busy(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

impl RoomError for HttpError {
    fn public(&self) -> AuthError {
        match self {
            Self::Transport(error) if error.is_timeout() => AuthError::ProviderTimeout,
            Self::Transport(_) | Self::TooLarge | Self::Redirect(_) => AuthError::ProviderUnreachable,
            Self::Refused(status) if is_down_or_busy(*status) => AuthError::ProviderUnreachable,
            Self::Encoded { status: 200..300, .. } | Self::ContentType(_) => AuthError::ProviderContentType,
            Self::Refused(_) | Self::ErrorAnswer { .. } | Self::Encoded { .. } => AuthError::TokenRefused,
            Self::BudgetUsedUp => AuthError::ProviderBusy,
        }
    }
}

impl RoomError for ProviderError {
    fn public(&self) -> AuthError {
        match self {
            Self::Http { source, .. } => source.public(),
            Self::Refused { status, .. } if is_down_or_busy(status.as_u16()) => AuthError::ProviderUnreachable,
            Self::Refused { .. } => AuthError::UserInfoRefused,
            Self::Unreadable { .. } | Self::Unusable { .. } => AuthError::UserInfoMalformed,
            Self::NoIdentifier => AuthError::UserInfoIncomplete,
        }
    }
}

impl RoomError for TokenError {
    fn public(&self) -> AuthError {
        match self {
            Self::Http { source, .. } => source.public(),
            Self::Refused { .. } => AuthError::TokenRefused,
            Self::RefreshTokenDead { .. } => AuthError::RefreshTokenDead,
            Self::Unreadable { .. } | Self::Empty { .. } | Self::NoBearerToken => AuthError::TokenMalformed,
            Self::Expired => AuthError::AccessTokenExpired,
            Self::RedirectUri | Self::Lost | Self::NotSealed(_) | Self::RevocationRequest(_) => AuthError::ServerError,
            Self::Paused => AuthError::ProviderUnreachable,
            Self::Disconnected => AuthError::ProviderNotConnected,
            Self::Store(_) => AuthError::StoreUnavailable,
            Self::RevocationUnsupported => AuthError::RevocationUnsupported,
            Self::NotRevoked(_) => AuthError::RevocationFailed,
        }
    }
}

impl RoomError for FlowError {
    fn public(&self) -> AuthError {
        match self {
            Self::NotStarted(_) => AuthError::ServerError,
            Self::State(_) => AuthError::CallbackStateInvalid,
            Self::StateTooOld | Self::Expired => AuthError::FlowExpired,
            Self::NoCookie => AuthError::FlowCookieNotFound,
            Self::Cookie(_) | Self::OtherFlow | Self::Used => AuthError::MismatchingState,
            Self::Issuer => AuthError::ProviderMismatch,
            Self::Store(_) => AuthError::StoreUnavailable,
        }
    }
}
