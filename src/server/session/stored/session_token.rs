use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;
use crate::server::random::{Random, RandomError, random_token};

/// The random bytes of a token, as in the TypeScript release's stateful mode.
const BYTES: usize = 64;

/// Creates a token for a session's cookie.
pub(super) fn session_token(random: &dyn Random) -> Result<Secret, RandomError> {
    Ok(random_token::<BYTES>(random)?.into())
}

/// Checks whether a cookie's value can be a token. No query is made for other values.
pub(super) fn is_session_token(value: &str) -> bool {
    let mut bytes = [0; BYTES];
    URL_SAFE_NO_PAD.decode_slice(value, &mut bytes) == Ok(BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    #[test]
    fn only_64_bytes_in_base64url_can_be_a_token() {
        let token = session_token(&SystemRandom).unwrap();
        let token = token.expose();
        assert_eq!(token.len(), 86);
        assert!(is_session_token(token));
        let padded = format!("{token}==");
        for value in ["", "x", &token[1..], &token[..84], &padded, &token.replace(&token[..1], "+"), "é"] {
            assert!(!is_session_token(value), "{value}");
        }
    }
}
