/// Why a cookie can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookieError {
    /// A browser would not keep it, in every way of splitting it.
    #[error("the cookie is larger than a browser keeps")]
    TooLarge,
    /// A header can't have its characters.
    #[error("the cookie has characters that no header can have")]
    Characters,
}
