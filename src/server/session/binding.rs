use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What ties a CSRF token or a provider's tokens to the session they were made in: a hash of the
/// session's `jti`. It tells nothing of the session, so it may stand where a person can read it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Binding(String);

impl Binding {
    pub(super) fn of(jti: &str) -> Self {
        let hash = Sha256::new().chain_update("aura:session-binding:").chain_update(jti).finalize();
        Self(URL_SAFE_NO_PAD.encode(&hash[..16]))
    }

    /// One that a cookie names, if the text can be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (text.len() == 22 && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
