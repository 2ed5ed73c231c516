use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::server::random::{Random, RandomError};

/// The least length of a secret, in bytes.
const LEAST_BYTES: usize = 32;
/// The least Shannon entropy of a whole secret, in bits.
const LEAST_BITS: f64 = 128.0;
/// Words that stand in samples and in hurried configurations, never in 32 random bytes.
const SAMPLE_WORDS: [&str; 8] =
    ["your-", "your_", "changeme", "change-me", "example", "password", "placeholder", "insecure"];

/// A secret value. It is never printed, and its memory is wiped when it goes.
///
/// No `Clone` and no `Display`, on purpose: every copy and every printed form is one to lose.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one place that must have it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Why this can't be the secret or the salt that keys are derived from, if it can't.
    ///
    /// Base64 and hexadecimal both pass: the rule is on all of the value's entropy, not on that
    /// of a character.
    pub(crate) fn weakness(&self) -> Option<Weakness> {
        let value = self.expose();
        let lower = value.to_ascii_lowercase();
        if SAMPLE_WORDS.iter().any(|word| lower.contains(word)) {
            return Some(Weakness::Sample);
        }
        if value.len() < LEAST_BYTES {
            return Some(Weakness::Short(value.len()));
        }
        // A repeated pattern has the entropy of the pattern; a run like `abcdef…` has little in
        // the steps from one character to the next.
        let bytes = value.as_bytes();
        let pattern = &bytes[..period(bytes)];
        let steps: Vec<u8> = pattern.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        (entropy_bits(pattern).min(entropy_bits(&steps)) < LEAST_BITS).then_some(Weakness::Guessable)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakness {
    Short(usize),
    Guessable,
    Sample,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(bytes) => write!(f, "has {bytes} bytes and needs at least {LEAST_BYTES}"),
            Self::Guessable => f.write_str("repeats itself or is not random"),
            Self::Sample => f.write_str("is a sample value"),
        }
    }
}

/// A fresh secret or salt: 32 random bytes in base64, as `openssl rand -base64 32` makes them.
///
/// # Errors
///
/// When the system has no randomness to give.
///
/// ```
/// let secret = aura_auth::generate_secret(&aura_auth::SystemRandom)?;
/// assert_eq!(secret.len(), 44);
/// # Ok::<(), aura_auth::RandomError>(())
/// ```
pub fn generate_secret(random: &dyn Random) -> Result<String, RandomError> {
    let mut bytes = Zeroizing::new([0; LEAST_BYTES]);
    random.fill(bytes.as_mut_slice())?;
    Ok(STANDARD.encode(bytes.as_slice()))
}

/// The length of the shortest prefix that, repeated, gives `bytes`.
fn period(bytes: &[u8]) -> usize {
    (1..=bytes.len() / 2).find(|&length| bytes.iter().zip(&bytes[length..]).all(|(a, b)| a == b)).unwrap_or(bytes.len())
}

fn entropy_bits(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let length = bytes.len() as f64;
    counts.iter().filter(|&&count| count > 0).map(|&count| f64::from(count) * (length / f64::from(count)).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::random::SystemRandom;

    fn weakness(value: &str) -> Option<Weakness> {
        Secret::new(value.to_owned()).weakness()
    }

    /// Standards: ASVS 11.4.4, 11.5.1
    #[test]
    fn random_base64_and_hex_are_taken() {
        for _ in 0..500 {
            assert_eq!(weakness(&generate_secret(&SystemRandom).unwrap()), None);
            let mut bytes = [0; 32];
            SystemRandom.fill(&mut bytes).unwrap();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(weakness(&hex), None, "{hex}");
        }
    }

    #[test]
    fn short_guessable_and_sample_values_are_not() {
        for (value, expected) in [
            ("", Weakness::Short(0)),
            ("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js", Weakness::Short(31)),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Weakness::Guessable),
            ("Yk3n8Qv2Rt6Lw9XzYk3n8Qv2Rt6Lw9XzYk3n8Qv2Rt6Lw9Xz", Weakness::Guessable),
            ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL", Weakness::Guessable),
            ("0123456789abcdef0123456789abcdef0123456789abcdef", Weakness::Guessable),
            ("your-32-byte-secret", Weakness::Sample),
            ("changeme-Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTi", Weakness::Sample),
        ] {
            assert_eq!(weakness(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
    }
}
