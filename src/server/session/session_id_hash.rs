use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Ties a CSRF token or a provider's tokens to their session. This is a hash of the session's `jti`. It reveals nothing
/// about the session, so it may stand where people can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionIdHash([u8; 16]);

impl SessionIdHash {
    pub(crate) fn of(jti: &str) -> Self {
        let hash = Sha256::new().chain_update("aura:session-binding:").chain_update(jti).finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&hash[..16]);
        Self(half)
    }

    /// Parses a hash from a cookie. Returns `None` if the text can't be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// Returns the hash as it stands in tokens and cookies.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If the hash changed in an upgrade, the pins, CSRF tokens and provider tokens in browsers would be rejected.
    #[test]
    fn the_hash_of_a_session_s_id_is_the_same_in_every_release() {
        let hash = SessionIdHash::of("j");
        assert_eq!(hash.text(), "KNTMjy2F2DNOQvEISrIUFQ");
        assert_eq!(SessionIdHash::parse(&hash.text()), Some(hash));
    }
}
