use crate::server::cookies::CookieError;
use crate::server::jose::JoseError;

/// Why there is no session, or why its cookie can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("the request has no session cookie")]
    NotFound,
    #[error("the session has ended")]
    Expired,
    /// Another host of the site may have set the cookie.
    #[error("the session cookie has no matching `__Host-` pin, or there are too many session cookies")]
    NotPinned,
    #[error("the session cookie is not valid")]
    Invalid(#[source] JoseError),
    #[error("the session's token could not be created")]
    Seal(#[source] JoseError),
    /// Its size in bytes.
    #[error("the session's cookie has {0} bytes, mostly data of the provider, and does not fit into a page's cookies")]
    TooLarge(usize),
    /// Its size in bytes.
    #[error(
        "the session has {0} bytes, which are too many for a page's cookies or for a row of the store: the app's own claims are too large"
    )]
    ClaimsTooLarge(usize),
    /// A user's or an account's identifier can't be stored.
    #[error("the `sub` of the user or the account has more than 512 bytes, or the character U+0000")]
    Identifier,
    #[error("the session store failed")]
    StoreUnavailable,
    #[error("the session's content in the store can't be read")]
    Unreadable,
    #[error("too many requests changed the session at the same time")]
    Conflict,
    #[error("the session's cookie can't be set")]
    Cookie(#[from] CookieError),
}
