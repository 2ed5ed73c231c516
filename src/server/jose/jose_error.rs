use crate::server::random::RandomError;

/// Why a token could not be created or was rejected.
///
/// The error says which check failed. It never contains any part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// Not a compact token: the number of parts is wrong, the base64url is not canonical, or the content is not JSON.
    #[error("the token is malformed")]
    Malformed,
    /// The header names an algorithm, type or extension that is not accepted (RFC 8725, 3.1).
    #[error("the token's header is not accepted")]
    Header,
    /// The signature was not made by this server.
    #[error("the token's signature does not match")]
    Signature,
    /// The token can't be decrypted with this server's key.
    #[error("the token can't be decrypted")]
    Decryption,
    /// `exp` or `mexp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim is missing or of the wrong type.
    #[error("a claim of the token is missing or not valid")]
    Claims,
    /// The payload is not a JSON object, or is empty.
    #[error("the payload is not a JSON object, or is empty")]
    Payload,
    /// The payload has a `sub`, and the keys are those of sessions: the token would be a valid session.
    #[error(
        "the payload has a `sub`, so the token would be a session: make it with `Auth::jose()`, without `compatible()`"
    )]
    Subject,
    /// The token could not be created.
    #[error("the token could not be created")]
    Encoding,
    /// The system returned no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}
