//! JSON Web Tokens, byte-compatible with the TypeScript release of Aura Auth. A token is signed (JWS, RFC 7515),
//! encrypted (JWE, RFC 7516) or *sealed*: a signed token inside an encrypted one.

mod base64url;
#[cfg(test)]
mod header_tests;
mod jose_error;
mod jwe;
mod jws;
mod key_pair;
mod keys;
mod low_s;
mod ordered_claims;
mod registered_claims;
mod secret_strength;
mod tokens;
#[cfg(test)]
mod vector_tests;

pub use self::jose_error::JoseError;
pub use self::secret_strength::generate_secret;
pub use self::tokens::Jose;

pub(crate) use self::key_pair::{KeyPair, PemProblem};
pub(crate) use self::keys::{KeyRing, Purpose};
pub(crate) use self::registered_claims::check_times_with_leeway;
pub(crate) use self::secret_strength::weakness;
pub(crate) use self::tokens::{CLOCK_SKEW_SECONDS, SessionFormat};
