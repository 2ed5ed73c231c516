use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::Secret;
use crate::server::random::{Random, RandomError};

/// The smallest accepted length of a secret, in bytes.
const LEAST_BYTES: usize = 32;
/// The smallest accepted Shannon entropy of a whole secret, in bits.
const LEAST_BITS: f64 = 128.0;
/// Words that occur in sample values and placeholders, but practically never in 32 random bytes.
const SAMPLE_WORDS: [&str; 8] =
    ["your-", "your_", "changeme", "change-me", "example", "password", "placeholder", "insecure"];

/// Returns why this value is too weak for a secret or salt, or `None` if it is strong enough.
///
/// Base64 and hexadecimal are both accepted, because the entropy of the whole value counts, not the entropy per
/// character.
pub(crate) fn weakness(secret: &Secret) -> Option<Weakness> {
    let value = secret.expose();
    let lower = value.to_ascii_lowercase();
    if SAMPLE_WORDS.iter().any(|word| lower.contains(word)) {
        return Some(Weakness::Sample);
    }
    if value.len() < LEAST_BYTES {
        return Some(Weakness::Short(value.len()));
    }
    // A repeated pattern has only the entropy of the pattern. A sequence like `abcdef…` has little entropy in the
    // differences between neighboring characters.
    let bytes = value.as_bytes();
    let pattern = &bytes[..period(bytes)];
    let steps: Vec<u8> = pattern.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    (entropy_bits(pattern).min(entropy_bits(&steps)) < LEAST_BITS).then_some(Weakness::Guessable)
}

/// Why a secret is too weak.
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

/// Returns a new secret or salt: 32 random bytes in base64, as `openssl rand -base64 32` prints them.
///
/// # Errors
///
/// Returns an error if the system returns no random bytes.
///
/// ```
/// let secret = aura_auth::generate_secret(&aura_auth::SystemRandom)?;
/// assert_eq!(secret.expose().len(), 44);
/// # Ok::<(), aura_auth::RandomError>(())
/// ```
pub fn generate_secret(random: &dyn Random) -> Result<Secret, RandomError> {
    let mut bytes = Zeroizing::new([0; LEAST_BYTES]);
    random.fill(bytes.as_mut_slice())?;
    Ok(STANDARD.encode(bytes.as_slice()).into())
}

/// Returns the length of the shortest prefix that gives `bytes` when it is repeated.
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

    /// Standards: ASVS 11.4.4, 11.5.1
    #[test]
    fn random_base64_and_hex_secrets_are_accepted() {
        for _ in 0..500 {
            assert_eq!(weakness(&generate_secret(&SystemRandom).unwrap()), None);
            let mut bytes = [0; 32];
            SystemRandom.fill(&mut bytes).unwrap();
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(weakness(&Secret::from(&hex)), None, "{hex}");
        }
    }

    #[test]
    fn short_guessable_and_sample_secrets_are_rejected() {
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
            assert_eq!(weakness(&Secret::from(value)), Some(expected), "{value}");
        }
    }
}
