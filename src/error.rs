//! All errors of a request, each with its code, status and message, in one place.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a request was rejected or failed.
///
/// A client learns only the variant: its [`code`](Self::code), its [`status`](Self::status) and a message for a person.
/// The log has the cause, under the same code.
///
/// ```
/// use aura_auth::AuthError;
///
/// let error = AuthError::SessionNotFound;
/// assert_eq!((error.code(), error.status()), ("SESSION_NOT_FOUND", 401));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.message())]
#[non_exhaustive]
pub enum AuthError {
    /// The person denied the authorization at the provider (RFC 6749, 4.1.2.1 `access_denied`).
    AccessDenied,
    /// The app does not allow this account to sign in.
    SignInDenied,
    /// The provider ended the authorization with another error (RFC 6749, 4.1.2.1).
    ProviderRejected,
    /// The callback request has no `code` or no `state`, or has one of them twice.
    CallbackMissingParameters,
    /// This server did not issue the callback's `state`.
    CallbackStateInvalid,
    /// The flow of the callback's `state` was already used, or belongs to another browser.
    MismatchingState,
    /// The flow is older than ten minutes.
    FlowExpired,
    /// The flow was started with another provider, or `iss` names another issuer (RFC 9207).
    ProviderMismatch,
    /// The browser did not send the flow's cookie.
    FlowCookieNotFound,
    /// The provider rejected the authorization code (RFC 6749, 5.2).
    TokenRefused,
    /// The provider's token response is not valid (RFC 6749, 5.1).
    TokenMalformed,
    /// The provider rejected the request for the user info.
    UserInfoRefused,
    /// The provider's user info can't be parsed.
    UserInfoMalformed,
    /// The provider's user info has no identifier of the account.
    UserInfoIncomplete,
    /// The provider's response is not JSON, or is compressed.
    ProviderContentType,
    /// The provider can't be reached, or is down or busy (429, 502, 503, 504), or its response is incomplete or too
    /// large.
    ProviderUnreachable,
    /// The provider did not respond in time.
    ProviderTimeout,
    /// The session has no tokens of this provider.
    ProviderNotConnected,
    /// The session has tokens of this provider, but browsers do not send the tokens' cookies to the path of this
    /// request.
    ProviderTokensNotSent,
    /// The access token has expired, and there is no refresh token to get a new one.
    AccessTokenExpired,
    /// The provider no longer accepts the refresh token, so the provider was disconnected.
    RefreshTokenDead,
    /// The provider documents no way to revoke tokens (RFC 7009).
    RevocationUnsupported,
    /// The provider did not revoke the tokens.
    RevocationFailed,
    /// The account is not the account of this session.
    AccountMismatch,
    /// The client's IP address has sent more requests than its limit allows.
    RateLimited,
    /// The limit of requests to this provider is used up. All people share this limit.
    ProviderBusy,
    /// There is no session: nobody is signed in.
    SessionNotFound,
    /// The session has ended.
    SessionExpired,
    /// This server did not issue the session cookie.
    SessionInvalid,
    /// The session cookie may have been set by another host of the same site, since its pin is missing or does not
    /// match.
    SessionNotPinned,
    /// The session can't be changed like this: the field is not editable, or the value is not allowed.
    UpdateSessionInvalid,
    /// The store of the sessions can't be reached or does not answer in time. Nobody is signed out by this.
    StoreUnavailable,
    /// The sessions are in cookies, so the server has no list of them.
    SessionsNotStored,
    /// The person has no session with this id that could be ended.
    ActiveSessionNotFound,
    /// A token could not be created.
    SealFailed,
    /// The data that the provider sent is too large for its cookies.
    CookieTooLarge,
    /// The data that the app keeps in the session is too large for the session cookie.
    SessionTooLarge,
    /// The app's `profile` mapping or sign-in hook has set a claim that the session itself uses ([`User::with`] lists
    /// them).
    ///
    /// [`User::with`]: crate::User::with
    ReservedClaim,
    /// The request has no CSRF cookie, or its form field for the CSRF token is empty.
    CsrfTokenMissing,
    /// The CSRF header and the CSRF cookie differ.
    CsrfTokenMismatch,
    /// The request has the CSRF cookie, but not the CSRF header.
    CsrfDoubleSubmitFailed,
    /// The CSRF token is not valid for this session.
    InvalidCsrfToken,
    /// A page of another origin sent the request.
    CsrfOriginRejected,
    /// The forwarded origin is not a trusted origin.
    InvalidTrustedOrigin,
    /// A forwarding header of a trusted proxy can't be parsed (RFC 7239, section 4).
    MalformedForwardedHeader,
    /// This server does not serve the host that `Host` names (RFC 9110, 15.5.20).
    MisdirectedRequest,
    /// The app's own origin is unknown: neither `base_url` nor a request says it.
    OriginUnknown,
    /// The request target is neither a path nor a URL (RFC 9112, 3.2), or its query has more than 1,000 parameters.
    InvalidRequestTarget,
    /// There is no page and no endpoint at this path.
    NotFound,
    /// The endpoint does not support this method.
    MethodNotAllowed,
    /// The body can't be parsed as a form or as a JSON object.
    MalformedBody,
    /// The body is larger than 16 KB (RFC 9110, 15.5.14).
    ContentTooLarge,
    /// A parameter is missing or has a value that is not allowed.
    InvalidParameters,
    /// The server or one of the app's hooks failed.
    ServerError,
    /// The browser could not reach this server.
    ServerUnreachable,
}

/// Who caused an error, and can therefore fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorSource {
    /// The program that sent the request.
    Caller,
    /// The person: the person can fix it, or chose it.
    Person,
    /// The provider.
    Provider,
    /// This server, its configuration or the app's hooks.
    Server,
}

struct Details(&'static str, u16, ErrorSource, &'static str);

impl AuthError {
    /// Every variant, for documentation and tests.
    pub const ALL: &'static [Self] = &[
        Self::AccessDenied,
        Self::SignInDenied,
        Self::ProviderRejected,
        Self::CallbackMissingParameters,
        Self::CallbackStateInvalid,
        Self::MismatchingState,
        Self::FlowExpired,
        Self::ProviderMismatch,
        Self::FlowCookieNotFound,
        Self::TokenRefused,
        Self::TokenMalformed,
        Self::UserInfoRefused,
        Self::UserInfoMalformed,
        Self::UserInfoIncomplete,
        Self::ProviderContentType,
        Self::ProviderUnreachable,
        Self::ProviderTimeout,
        Self::ProviderNotConnected,
        Self::ProviderTokensNotSent,
        Self::AccessTokenExpired,
        Self::RefreshTokenDead,
        Self::RevocationUnsupported,
        Self::RevocationFailed,
        Self::AccountMismatch,
        Self::RateLimited,
        Self::ProviderBusy,
        Self::SessionNotFound,
        Self::SessionExpired,
        Self::SessionInvalid,
        Self::SessionNotPinned,
        Self::UpdateSessionInvalid,
        Self::StoreUnavailable,
        Self::SessionsNotStored,
        Self::ActiveSessionNotFound,
        Self::SealFailed,
        Self::CookieTooLarge,
        Self::SessionTooLarge,
        Self::ReservedClaim,
        Self::CsrfTokenMissing,
        Self::CsrfTokenMismatch,
        Self::CsrfDoubleSubmitFailed,
        Self::InvalidCsrfToken,
        Self::CsrfOriginRejected,
        Self::InvalidTrustedOrigin,
        Self::MalformedForwardedHeader,
        Self::MisdirectedRequest,
        Self::OriginUnknown,
        Self::InvalidRequestTarget,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::MalformedBody,
        Self::ContentTooLarge,
        Self::InvalidParameters,
        Self::ServerError,
        Self::ServerUnreachable,
    ];

    /// Returns the stable code: `error.code` in JSON and on the error page.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.details().0
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        self.details().1
    }

    /// Returns who can fix the error.
    #[must_use]
    pub fn error_source(self) -> ErrorSource {
        self.details().2
    }

    /// Returns a sentence that tells a person what to do.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.details().3
    }

    /// Returns the error with this [`code`](Self::code), if there is one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.code() == code)
    }

    #[rustfmt::skip]
    fn details(self) -> Details {
        use ErrorSource::{Caller, Person, Provider, Server};
        match self {
            Self::AccessDenied => Details("OAUTH_ACCESS_DENIED", 403, Person,
                "You did not allow the sign-in, so nothing was shared. You can try again."),
            Self::SignInDenied => Details("AUTH_SIGN_IN_DENIED", 403, Person,
                "This app does not allow your account to sign in."),
            Self::ProviderRejected => Details("AUTH_PROVIDER_REJECTED", 502, Provider,
                "The provider ended the sign-in. Please try again in a moment."),
            Self::CallbackMissingParameters => Details("AUTH_CALLBACK_MISSING_PARAMETERS", 400, Caller,
                "This address only works at the end of a sign-in. Please start the sign-in again."),
            Self::CallbackStateInvalid => Details("AUTH_CALLBACK_STATE_INVALID", 400, Caller,
                "This sign-in was not started here. Please start it again."),
            Self::MismatchingState => Details("AUTH_MISMATCHING_STATE", 400, Caller,
                "This sign-in was already used, or was started in another browser. Please start it again."),
            Self::FlowExpired => Details("AUTH_TRANSACTION_EXPIRED", 400, Person,
                "The sign-in took longer than ten minutes. Please start it again."),
            Self::ProviderMismatch => Details("AUTH_PROVIDER_MISMATCH", 400, Caller,
                "The answer came from a different provider than the one that you chose. Please start the sign-in again."),
            Self::FlowCookieNotFound => Details("COOKIE_NOT_FOUND", 401, Person,
                "Your browser did not keep the cookie that a sign-in needs. Please allow cookies for this site and try again."),
            Self::TokenRefused => Details("INVALID_OAUTH_ACCESS_TOKEN_RESPONSE", 502, Provider,
                "The provider did not accept the sign-in. Please try again."),
            Self::TokenMalformed => Details("INVALID_OAUTH_ACCESS_TOKEN_RES_FORMAT", 502, Provider,
                "The provider sent an answer that can't be read. Please try again in a moment."),
            Self::UserInfoRefused => Details("INVALID_OAUTH_USER_INFO_RESPONSE", 502, Provider,
                "The provider did not say who you are. Please try again in a moment."),
            Self::UserInfoMalformed => Details("INVALID_OAUTH_USER_INFO_RES_FORMAT", 502, Provider,
                "The provider's data about your account can't be read. Please try again in a moment."),
            Self::UserInfoIncomplete => Details("INVALID_USER_INFO", 502, Provider,
                "The provider's data about your account has no identifier. Please tell the people who run this app."),
            Self::ProviderContentType => Details("OAUTH_INVALID_CONTENT_TYPE", 502, Provider,
                "The provider did not send data that this app can read. Please try again in a moment."),
            Self::ProviderUnreachable => Details("NETWORK_REQUEST_FAILED", 502, Provider,
                "The provider can't be reached at the moment. Please try again soon."),
            Self::ProviderTimeout => Details("NETWORK_TIMEOUT", 504, Provider,
                "The provider takes too long to answer. Please try again soon."),
            Self::ProviderNotConnected => Details("OAUTH_UNLINKED_ACCOUNT_ERROR", 400, Person,
                "Your account is not connected with this provider. Please sign in with it."),
            Self::ProviderTokensNotSent => Details("OAUTH_TOKENS_NOT_SENT", 400, Caller,
                "Browsers send provider tokens only to addresses under the base path's /providers, such as /auth/providers. Call a server function there."),
            Self::AccessTokenExpired => Details("INVALID_ACCESS_TOKEN", 401, Person,
                "The connection with the provider has expired. Please sign in with it again."),
            Self::RefreshTokenDead => Details("OAUTH_INVALID_REFRESH_TOKEN_RESPONSE", 401, Person,
                "The provider has ended the connection. Please sign in with it again."),
            Self::RevocationUnsupported => Details("OAUTH_INVALID_REVOKE_TOKEN_CONFIG", 501, Provider,
                "This provider does not support revoking tokens. Disconnect instead, or remove the app in your account at the provider."),
            Self::RevocationFailed => Details("OAUTH_INVALID_REVOKE_TOKEN_PROCESS", 502, Provider,
                "The provider did not revoke the tokens. Please try again in a moment."),
            Self::AccountMismatch => Details("OAUTH_ACCOUNT_USER_MISMATCH", 409, Person,
                "You are signed in with another account. Please sign out first."),
            Self::RateLimited => Details("RATE_LIMIT_EXCEEDED", 429, Caller,
                "There were too many requests. Please wait a little and try again."),
            Self::ProviderBusy => Details("OAUTH_PROVIDER_BUSY", 503, Server,
                "Too many people are signing in right now. Please try again in a few minutes."),
            Self::SessionNotFound => Details("SESSION_NOT_FOUND", 401, Person,
                "You are not signed in."),
            Self::SessionExpired => Details("SESSION_EXPIRED", 401, Person,
                "Your session has ended. Please sign in again."),
            Self::SessionInvalid => Details("SESSION_INVALID", 401, Caller,
                "Your session can't be read. Please sign in again."),
            Self::SessionNotPinned => Details("SESSION_NOT_PINNED", 401, Person,
                "Another site may have interfered with your sign-in. Please sign in again."),
            Self::UpdateSessionInvalid => Details("UPDATE_SESSION_INVALID", 400, Caller,
                "This can't be changed, or the new value is not allowed."),
            Self::StoreUnavailable => Details("SESSION_STORE_UNAVAILABLE", 503, Server,
                "This app can't look up sign-ins at the moment. Please try again soon. You do not need to sign in again."),
            Self::SessionsNotStored => Details("SESSIONS_NOT_STORED", 501, Server,
                "This app does not keep a list of where you are signed in."),
            Self::ActiveSessionNotFound => Details("ACTIVE_SESSION_NOT_FOUND", 404, Person,
                "That sign-in has already ended. Please reload the page to see where you are signed in."),
            Self::SealFailed => Details("JWT_SEAL_FAILED", 500, Server,
                "The session could not be created. Please try again."),
            Self::CookieTooLarge => Details("SET_COOKIE_INVALID_VALUE", 502, Provider,
                "The provider sent more data than a browser can store. Please tell the people who run this app."),
            Self::SessionTooLarge => Details("SESSION_TOO_LARGE", 500, Server,
                "This app stores more data in your session than a browser can send. Please tell the people who run it."),
            Self::ReservedClaim => Details("RESERVED_CLAIM", 500, Server,
                "This app could not create your session. Please tell the people who run it."),
            Self::CsrfTokenMissing => Details("CSRF_TOKEN_MISSING", 403, Caller,
                "The request has no CSRF token. Please reload the page and try again."),
            Self::CsrfTokenMismatch => Details("CSRF_TOKEN_MISMATCH", 403, Caller,
                "The CSRF token does not match the cookie. Please reload the page and try again."),
            Self::CsrfDoubleSubmitFailed => Details("CSRF_DOUBLE_SUBMIT_FAILED", 403, Caller,
                "The X-CSRF-Token header is missing."),
            Self::InvalidCsrfToken => Details("INVALID_CSRF_TOKEN", 403, Caller,
                "This page is out of date. Please reload it and try again."),
            Self::CsrfOriginRejected => Details("CSRF_ORIGIN_REJECTED", 403, Caller,
                "The request came from another site, so it was not carried out."),
            Self::InvalidTrustedOrigin => Details("INVALID_TRUSTED_ORIGIN", 400, Caller,
                "A proxy forwarded this request for an address that does not belong to this app. Please tell the people who run it."),
            Self::MalformedForwardedHeader => Details("MALFORMED_FORWARDED_HEADER", 400, Caller,
                "A forwarding header of this request can't be read. Please tell the people who run this app."),
            Self::MisdirectedRequest => Details("MISDIRECTED_REQUEST", 421, Caller,
                "This server is not configured for that host. If you run this app, set AURA_AUTH_BASE_URL to the app's origin, or add the host to AURA_AUTH_ALLOWED_HOSTS."),
            Self::OriginUnknown => Details("INVALID_AUTH_CONFIGURATION", 500, Server,
                "The app's own address is not known. Set base_url (AURA_AUTH_BASE_URL) or pass the request."),
            Self::InvalidRequestTarget => Details("INVALID_REQUEST_TARGET", 400, Caller,
                "The server does not accept this address."),
            Self::NotFound => Details("NOT_FOUND", 404, Caller,
                "There is nothing at this address."),
            Self::MethodNotAllowed => Details("METHOD_NOT_ALLOWED", 405, Caller,
                "This address does not support that HTTP method."),
            Self::MalformedBody => Details("UNPROCESSABLE_BODY_ENTITY", 400, Caller,
                "The body of the request can't be read."),
            Self::ContentTooLarge => Details("CONTENT_TOO_LARGE", 413, Caller,
                "The body of the request is larger than 16 KB. Please send less."),
            Self::InvalidParameters => Details("UNPROCESSABLE_ENTITY", 422, Caller,
                "A parameter is missing or has a value that is not allowed."),
            Self::ServerError => Details("SERVER_ERROR", 500, Server,
                "Something went wrong on our side. Please try again."),
            Self::ServerUnreachable => Details("SERVER_UNREACHABLE", 503, Server,
                "The server can't be reached. Please check your connection and try again."),
        }
    }
}

/// Serialized as its [`code`](AuthError::code).
impl Serialize for AuthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// Deserialized from its [`code`](AuthError::code). An unknown code is an error. So a link can't make a page show a
/// text of its author.
impl<'de> Deserialize<'de> for AuthError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| D::Error::custom("not the code of an error"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_serialized_as_its_code() {
        let json = serde_json::to_string(&AuthError::SessionNotFound).unwrap();
        assert_eq!(json, r#""SESSION_NOT_FOUND""#);
        assert_eq!(serde_json::from_str::<AuthError>(&json).unwrap(), AuthError::SessionNotFound);
        for made_up in [r#""Your account is blocked, call us""#, r#""SessionNotFound""#, "7", "{}"] {
            assert!(serde_json::from_str::<AuthError>(made_up).is_err(), "{made_up}");
        }
    }

    #[test]
    fn every_error_is_found_by_its_code() {
        for &error in AuthError::ALL {
            assert_eq!(AuthError::from_code(error.code()), Some(error));
        }
    }

    #[test]
    fn no_message_has_markup_in_it() {
        for &error in AuthError::ALL {
            assert!(!error.message().contains(['<', '>', '&']), "{}", error.code());
        }
    }

    #[test]
    fn only_server_and_provider_errors_have_a_status_of_500_or_more() {
        for &error in AuthError::ALL {
            let ours = matches!(error.error_source(), ErrorSource::Server | ErrorSource::Provider);
            assert_eq!(error.status() >= 500, ours, "{}", error.code());
        }
    }
}
