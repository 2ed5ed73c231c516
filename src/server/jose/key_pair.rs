use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType, Jwk,
    OctetKeyPairParameters, OctetKeyPairType, PublicKeyUse, RSAKeyParameters, RSAKeyType,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, errors};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::server::jose::keys::SigningKey;

/// Why a PEM key is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PemProblem {
    /// Not a private key in PKCS #8 for RSA with at least 2,048 bits, P-256 or Ed25519.
    Private,
    /// Not a public key of the same kind as the private key.
    Public,
    /// The public key belongs to another private key.
    Mismatch,
}

/// A private key and its public key, for sessions that other services verify.
pub(crate) struct KeyPair {
    pub(super) signing: SigningKey,
    jwk: Jwk,
}

impl KeyPair {
    /// Reads a private key. If there is a public key, checks that both belong together. The kind of key determines the
    /// algorithm: RS256, ES256 or EdDSA.
    pub(crate) fn from_pem(private_key: &str, public_key: Option<&str>) -> Result<Self, PemProblem> {
        // In an environment variable, line breaks are often written as `\n`.
        let private_key = Zeroizing::new(private_key.replace("\\n", "\n"));
        let private_key = private_key.as_bytes();
        let candidates = [
            (Algorithm::EdDSA, EncodingKey::from_ed_pem(private_key)),
            (Algorithm::ES256, EncodingKey::from_ec_pem(private_key)),
            (Algorithm::RS256, EncodingKey::from_rsa_pem(private_key)),
        ];
        let (algorithm, encoding, parameters) = candidates
            .into_iter()
            .find_map(|(algorithm, key)| {
                let key = key.ok()?;
                let parameters = public_half(&key, algorithm).ok()?;
                Some((algorithm, key, parameters))
            })
            .ok_or(PemProblem::Private)?;
        if let Some(public_key) = public_key {
            let public_key = public_key.replace("\\n", "\n");
            let public = read_public_key(public_key.as_bytes(), algorithm).map_err(|_| PemProblem::Public)?;
            if public != parameters {
                return Err(PemProblem::Mismatch);
            }
        }
        let common = CommonParameters {
            key_algorithm: Some(algorithm.into()),
            key_id: Some(thumbprint(&parameters).map_err(|_| PemProblem::Private)?),
            public_key_use: Some(PublicKeyUse::Signature),
            ..CommonParameters::default()
        };
        let jwk = Jwk { common, algorithm: parameters };
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| PemProblem::Private)?;
        let signing = SigningKey::new(encoding, decoding, algorithm, jwk.common.key_id.as_deref())
            .map_err(|_| PemProblem::Private)?;
        // A key in the right format may still be on a curve that the algorithm does not use.
        let works = signing.sign(b"aura").and_then(|signature| signing.verify(b"aura", &signature));
        works.map_err(|_| PemProblem::Private)?;
        Ok(Self { signing, jwk })
    }

    /// Returns the public key (RFC 7517).
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

// The functions below replace `Jwk::from_encoding_key`, `Jwk::from_decoding_key` for RSA keys and `Jwk::thumbprint`.
// Those use the process-wide crypto provider of jsonwebtoken, which may be one that panics (see `SigningKey`).

/// Returns the public key of a private key.
fn public_half(key: &EncodingKey, algorithm: Algorithm) -> errors::Result<AlgorithmParameters> {
    let utils = &DEFAULT_PROVIDER.key_utils;
    Ok(match algorithm {
        Algorithm::EdDSA => {
            let curve = EllipticCurve::Ed25519;
            let x = (utils.ed_pub_components_from_private_key)(key.as_bytes(), &curve)?;
            AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve,
                x: URL_SAFE_NO_PAD.encode(x),
            })
        }
        Algorithm::ES256 => {
            let (curve, x, y) = (utils.ec_pub_components_from_private_key)(key.as_bytes(), algorithm)?;
            AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve,
                x: URL_SAFE_NO_PAD.encode(x),
                y: URL_SAFE_NO_PAD.encode(y),
            })
        }
        _ => rsa((utils.rsa_pub_components_from_private_key)(key.as_bytes())?),
    })
}

fn read_public_key(pem: &[u8], algorithm: Algorithm) -> errors::Result<AlgorithmParameters> {
    let key = match algorithm {
        Algorithm::EdDSA => DecodingKey::from_ed_pem(pem)?,
        Algorithm::ES256 => DecodingKey::from_ec_pem(pem)?,
        _ => {
            let key = DecodingKey::from_rsa_pem(pem)?;
            return Ok(rsa((DEFAULT_PROVIDER.key_utils.rsa_pub_components_from_public_key)(key.try_get_as_bytes()?)?));
        }
    };
    // For EdDSA and ES256 this function needs no crypto provider: the key's bytes are the parameters.
    Ok(Jwk::from_decoding_key(&key, Some(algorithm))?.algorithm)
}

fn rsa((n, e): (Vec<u8>, Vec<u8>)) -> AlgorithmParameters {
    AlgorithmParameters::RSA(RSAKeyParameters {
        key_type: RSAKeyType::RSA,
        n: URL_SAFE_NO_PAD.encode(n),
        e: URL_SAFE_NO_PAD.encode(e),
    })
}

/// Computes the SHA-256 thumbprint (RFC 7638, 3): the hash of the public parameters as JSON, with sorted names and
/// without spaces.
fn thumbprint(parameters: &AlgorithmParameters) -> serde_json::Result<String> {
    let sorted: BTreeMap<String, Value> = serde_json::from_value(serde_json::to_value(parameters)?)?;
    Ok(URL_SAFE_NO_PAD.encode(Sha256::digest(serde_json::to_vec(&sorted)?)))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::ThumbprintHash;

    use super::*;

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\\n-----END PRIVATE KEY-----\\n";
    const ED25519_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    /// P-256 and RSA.
    const PAIRS: [(&str, &str); 2] = [
        (include_str!("../../../tests/keys/p256.pem"), include_str!("../../../tests/keys/p256.public.pem")),
        (include_str!("../../../tests/keys/rsa.pem"), include_str!("../../../tests/keys/rsa.public.pem")),
    ];
    /// A key of 1,024 bits, made for this test.
    const SHORT_RSA: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAJJjgwhAx4EgmYdD\n\
        cPFbxvGFSHjc3IZomE8f6kXzM+dg80avMinfRfwd+D5ZU4/ZqxZbbBPdBgmx1Z4b\n\
        /FhdLTqO6uv9aG1UiH7wFPfI4Gftr/4wpxGoBcuofdNjkm63b+aT+ze5zrBukBYP\n\
        iCKy0Kxa/lJdmzt/LElPTR39BZL/AgMBAAECgYBwlY358/A71DmfePPM/Hu11n7V\n\
        TW9hA+JXwEDqCVBa3Apdy3H2GBx3+Qip0wNcN9jH+gnWAP+axyV2UymxP//+xpRG\n\
        SXOXMfUh7S9v/vV5o+eb/lXKHGqBWzzAPgzDlZY022jfEdlZyLv+Vmsc7/hWDeWr\n\
        3YJfHKEGQPe7mrfVmQJBAMJRYycTQmuusQKEKTNsnS7+exk4OwkKhT1kfakKZnWt\n\
        IPRFC+EmdZGMu+vCVfo7so4RQEPpaIyttB/o8StgjCUCQQDA21Brn0h41eJLHXSY\n\
        lW10sLCVwWQkmn1W7fEnb8V8WVApjwosbdfH0b1NH8S1/sxFRVDHuPEThJEFNGYE\n\
        XKdTAkAn3hbfv33TJgY/I+poGJKvP5r186l5E2V+0Q1PD0kyP5ERTNFBImjgseUk\n\
        W7zUGEdsCnIK/OpsYn8gROSmJ6rZAkBkYEGFIkwYCEpViikrWWq0t1nRN+ylWHsw\n\
        CXvgaL5CsEGWv8otwaXzbGi4gXZiuxEaZK9cpBdlbzQDn3gRgR/dAkBQ3UpaEeXG\n\
        SiAA9poefWdVuNlXSuIrP1LqnO2EqFqZYSBVYcCthVa2vruc9m3PsouZ580DUrlw\n\
        Aqo7KmYWwbNs\n\
        -----END PRIVATE KEY-----\n";

    fn problem(private_key: &str, public_key: Option<&str>) -> Option<PemProblem> {
        KeyPair::from_pem(private_key, public_key).err()
    }

    #[test]
    fn the_key_id_of_a_key_pair_is_its_thumbprint() {
        // The example of RFC 8037, appendix A.
        let pair = KeyPair::from_pem(ED25519, Some(ED25519_PUBLIC)).unwrap();
        assert_eq!(pair.jwk().common.key_id.as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        for (private_key, public_key) in PAIRS {
            let pair = KeyPair::from_pem(private_key, Some(public_key)).unwrap();
            let theirs = pair.jwk().thumbprint(ThumbprintHash::SHA256).unwrap();
            assert_eq!(pair.jwk().common.key_id, Some(theirs), "RFC 7638 as jsonwebtoken reads it");
        }
    }

    #[test]
    fn each_kind_of_invalid_key_pair_has_its_own_error() {
        let other = ED25519_PUBLIC.replace("11qYAYKx", "22qYAYKx");
        assert_eq!(problem("", None), Some(PemProblem::Private));
        assert_eq!(problem(ED25519_PUBLIC, None), Some(PemProblem::Private));
        assert_eq!(problem(ED25519, Some("x")), Some(PemProblem::Public));
        assert_eq!(problem(ED25519, Some(&other)), Some(PemProblem::Mismatch));
        let [(p256, p256_public), (rsa, rsa_public)] = PAIRS;
        assert_eq!(problem(p256, Some(rsa_public)), Some(PemProblem::Public));
        assert_eq!(problem(rsa, Some(p256_public)), Some(PemProblem::Public));
        assert_eq!(problem(rsa, Some(rsa)), Some(PemProblem::Public));
        let line = rsa_public.lines().nth(2).unwrap();
        let other = rsa_public.replace(line, &line.chars().rev().collect::<String>());
        assert_eq!(problem(rsa, Some(&other)), Some(PemProblem::Mismatch));
    }

    /// Attack: sessions signed with an RSA key that can be factored
    /// Standards: RFC 7518 3.3; ASVS 11.2.3, 11.6.1
    #[test]
    fn a_short_rsa_key_is_refused() {
        assert_eq!(problem(SHORT_RSA, None), Some(PemProblem::Private));
    }
}
