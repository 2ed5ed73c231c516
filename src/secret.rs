//! Secret text, in settings and in what the wire carries.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// A secret text: a token, a key, or the app's own secret. It is never printed, two of them are compared in constant
/// time, and its memory is overwritten when it is dropped. In JSON it is the text itself.
///
/// ```
/// use aura_auth::Secret;
///
/// let token = Secret::from("gho_16C7e42F292c6912E7710c838347Ae178B4a");
/// assert_eq!(format!("{token:?}"), "Secret([redacted])");
/// let header = format!("Bearer {}", token.expose());
/// # assert!(header.ends_with("178B4a"));
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the text. Call this only where the text is needed, and do not log what it returns.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Secret {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_debug_output_and_is_plain_text_in_json() {
        let secret = Secret::from("Yk3n8Qv2Rt6Lw9Xz4Bc7");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("Yk3n").count(), 0);
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"Yk3n8Qv2Rt6Lw9Xz4Bc7\"");
        assert_eq!(serde_json::from_str::<Secret>("\"Yk3n8Qv2Rt6Lw9Xz4Bc7\"").unwrap(), secret);
        assert_ne!(secret, Secret::from("Yk3n8Qv2Rt6Lw9Xz4Bc8"));
        assert_ne!(secret, Secret::from("Yk3n8Qv2Rt6Lw9Xz4Bc7 "));
    }
}
