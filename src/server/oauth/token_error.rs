use http::StatusCode;
use oauth2::RequestTokenError;
use oauth2::basic::BasicErrorResponse;

use crate::server::jose::JoseError;
use crate::server::providers::{Document, HttpError, Provider, Refusal};
use crate::server::sanitize_for_log::sanitize_for_log;
use crate::server::store::StoreError;

/// Why a flow can't start or continue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlowError {
    #[error("the flow could not be started")]
    NotStarted(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("`state` is not valid")]
    State(#[source] JoseError),
    #[error("`state` is older than an hour")]
    StateTooOld,
    #[error("the request has no cookie of this flow")]
    NoCookie,
    #[error("the flow's cookie is not valid")]
    Cookie(#[source] JoseError),
    #[error("the flow's cookie belongs to another flow")]
    OtherFlow,
    #[error("the flow took longer than ten minutes")]
    Expired,
    #[error("the flow was already used")]
    Used,
    #[error("`iss` is not the provider's issuer")]
    Issuer,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FlowError {
    /// Whether the flow's cookie is missing, expired, already used or unusable, so that another flow may succeed.
    pub(crate) fn is_stale(&self) -> bool {
        !matches!(self, Self::Store(_))
    }

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
    #[error("the token endpoint rejected the request: {error} (status {status})")]
    Refused { status: u16, error: String, refusal: Refusal },
    /// `error` is already sanitized for the log.
    #[error("the provider no longer accepts the refresh token: {error} (status {status})")]
    RefreshTokenDead { status: u16, error: String },
    #[error("{of} can't be read at `{at}`")]
    Unreadable { of: Document, at: String },
    #[error("{of} can't be read: it is empty")]
    Empty { of: Document },
    #[error("the token response has no valid bearer token")]
    NoBearerToken,
    #[error("the access token has expired, and there is no refresh token")]
    Expired,
    #[error("the flow's redirect URI is not a valid URL")]
    RedirectUri,
    #[error("the task of the refresh ended without a result")]
    Lost,
    #[error("another process refreshes the tokens, or has failed to do so a moment ago")]
    Paused,
    #[error("the session has ended, or has no tokens of the provider any more")]
    Disconnected,
    #[error("the tokens could not be encrypted")]
    NotSealed(#[source] JoseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the provider does not document how to revoke tokens")]
    RevocationUnsupported,
    #[error("the revocation request could not be built")]
    RevocationRequest(#[source] http::Error),
    #[error("the provider did not revoke a token (status {0})")]
    NotRevoked(StatusCode),
}

impl TokenError {
    /// Converts the error of a failed token request. The provider's text is kept only as [`sanitize_for_log`] returns
    /// it.
    pub(super) fn of(error: RequestTokenError<HttpError, BasicErrorResponse>, provider: &Provider) -> Self {
        let of = || Document::new("the token response", provider.token_url.url());
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
