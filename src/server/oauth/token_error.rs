use http::StatusCode;
use oauth2::RequestTokenError;
use oauth2::basic::BasicErrorResponse;

use crate::server::jose::JoseError;
use crate::server::providers::{Document, HttpError, Provider, Refusal};
use crate::server::sanitize_for_log::sanitize_for_log;

/// Why a flow can't start or continue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowError {
    #[error("a flow could not be started")]
    NotStarted(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("`state` can't be opened")]
    State(#[source] JoseError),
    #[error("`state` is older than an hour")]
    StateTooOld,
    #[error("the request has no cookie of this flow")]
    NoCookie,
    #[error("the flow's cookie can't be opened")]
    Cookie(#[source] JoseError),
    #[error("the flow's cookie is another flow's")]
    OtherFlow,
    #[error("the flow took longer than ten minutes")]
    Expired,
    #[error("the flow was used already")]
    Used,
    #[error("`iss` is not the provider's issuer")]
    Issuer,
}

impl FlowError {
    pub(super) fn not_started(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::NotStarted(error.into())
    }
}

/// Why a provider returned no tokens, or did not revoke them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("{of} could not be fetched")]
    Http {
        of: Document,
        #[source]
        source: HttpError,
    },
    /// `error` is already sanitized for the log.
    #[error("the token endpoint refused: {error} (status {status})")]
    Refused { status: u16, error: String, refusal: Refusal },
    /// `error` is already sanitized for the log.
    #[error("the refresh token is dead: {error} (status {status})")]
    RefreshTokenDead { status: u16, error: String },
    #[error("{of} can't be read at `{at}`")]
    Unreadable { of: Document, at: String },
    #[error("{of} can't be read: it is empty")]
    Empty { of: Document },
    #[error("the token answer has no usable bearer token")]
    NoBearerToken,
    #[error("the access token has ended, and there is no refresh token")]
    Expired,
    #[error("the redirect URI of the flow is not one")]
    RedirectUri,
    #[error("the refresh was lost")]
    Lost,
    #[error("the provider documents no revocation")]
    RevocationUnsupported,
    #[error("the request for a revocation can't be made")]
    RevocationRequest(#[source] http::Error),
    #[error("a token was not revoked: status {0}")]
    NotRevoked(StatusCode),
}

impl TokenError {
    /// Converts the error of a failed token request. The provider's text is kept only as [`sanitize_for_log`] returns
    /// it.
    pub(super) fn of(error: RequestTokenError<HttpError, BasicErrorResponse>, provider: &Provider) -> Self {
        let of = || Document::new("the token answer", provider.token_url.url());
        match error {
            RequestTokenError::Request(HttpError::ErrorAnswer { status, error, description }) => {
                let refusal = (provider.refusal)(&error, &description);
                Self::Refused { status, error: sanitize_for_log(&error), refusal }
            }
            RequestTokenError::Request(source) => Self::Http { of: of(), source },
            RequestTokenError::Parse(error, _) => {
                Self::Unreadable { of: of(), at: sanitize_for_log(&error.path().to_string()) }
            }
            // Error responses were handled above, so this response has no body.
            RequestTokenError::ServerResponse(_) | RequestTokenError::Other(_) => Self::Empty { of: of() },
        }
    }

    /// Whether the provider rejected the authorization code, as opposed to being unavailable or not knowing this
    /// client.
    pub(crate) fn is_about_the_code(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => *refusal != Refusal::Client,
            // For an error page only the status counts: a provider rejects a code with 400 (RFC 6749, 5.2).
            Self::Http { source: HttpError::Refused(status) | HttpError::Encoded { status, .. }, .. } => *status == 400,
            _ => false,
        }
    }
}
