use std::error::Error;
use std::fmt::Write as _;

use crate::server::oauth::{FlowError, TokenError};
use crate::server::providers::{HttpError, ProviderError};
use crate::{AuthError, Fault};

/// An error of a room below this one.
pub(super) trait Failure: Error + 'static {
    /// What a client learns of it.
    fn public(&self) -> AuthError;
}

/// What a client learns of an error. The log has one line of it, with the causes.
pub(super) fn failed(provider: &str, error: &impl Failure) -> AuthError {
    let public = error.public();
    let (code, cause) = (public.code(), causes(error));
    match public.fault() {
        // The budget of calls is used up by whoever asks; that is no fault of the server's.
        Fault::Server if public != AuthError::ProviderBusy => {
            tracing::error!(code, provider, cause, "an operation failed");
        }
        Fault::Server | Fault::Provider => tracing::warn!(code, provider, cause, "an operation failed"),
        Fault::Caller | Fault::Person => tracing::info!(code, provider, cause, "an operation failed"),
    }
    public
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

impl Failure for HttpError {
    fn public(&self) -> AuthError {
        match self {
            Self::Transport(error) if error.is_timeout() => AuthError::ProviderTimeout,
            Self::Transport(_) | Self::TooLarge | Self::Redirect(_) => AuthError::ProviderUnreachable,
            Self::Refused(_) => AuthError::TokenRefused,
            Self::ContentType(_) => AuthError::ProviderContentType,
            Self::BudgetUsedUp => AuthError::ProviderBusy,
        }
    }
}

impl Failure for ProviderError {
    fn public(&self) -> AuthError {
        match self {
            Self::Http { source, .. } => source.public(),
            Self::Refused { .. } => AuthError::UserInfoRefused,
            Self::Unreadable { .. } | Self::Unusable { .. } => AuthError::UserInfoMalformed,
            Self::NoIdentifier => AuthError::UserInfoIncomplete,
        }
    }
}

impl Failure for TokenError {
    fn public(&self) -> AuthError {
        match self {
            Self::Http(error) => error.public(),
            Self::Refused { .. } | Self::NoReason => AuthError::TokenRefused,
            Self::RefreshTokenDead { .. } => AuthError::RefreshTokenDead,
            Self::Unreadable { .. } | Self::NoBearerToken => AuthError::TokenMalformed,
            Self::Expired => AuthError::AccessTokenExpired,
            Self::RedirectUri | Self::Lost | Self::RevocationRequest(_) => AuthError::ServerError,
            Self::RevocationUnsupported => AuthError::RevocationUnsupported,
            Self::NotRevoked(_) => AuthError::RevocationFailed,
        }
    }
}

impl Failure for FlowError {
    fn public(&self) -> AuthError {
        match self {
            Self::NotStarted(_) => AuthError::ServerError,
            Self::State(_) => AuthError::CallbackStateInvalid,
            Self::StateTooOld | Self::Expired => AuthError::FlowExpired,
            Self::NoCookie => AuthError::FlowCookieNotFound,
            Self::Cookie(_) | Self::OtherFlow | Self::Used => AuthError::MismatchingState,
            Self::Issuer => AuthError::ProviderMismatch,
        }
    }
}
