/// Why a cookie can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookieError {
    /// The cookie is too large for a browser, even when it is split into parts.
    #[error("the cookie is larger than browsers store")]
    TooLarge,
    /// The cookie has characters that are invalid in a header.
    #[error("the cookie has characters that are not valid in a header")]
    Characters,
}
