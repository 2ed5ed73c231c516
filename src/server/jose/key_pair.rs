use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use zeroize::Zeroizing;

use super::JoseError;
use super::keys::SigningKey;

/// What is wrong with a key in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PemProblem {
    /// It is no private key in PKCS #8 for RSA of 2048 bits and more, P-256 or Ed25519.
    Private,
    /// It is no public key of these.
    Public,
    /// The public key is another pair's.
    Mismatch,
}

/// A private key and its public half, for sessions that other services verify.
pub(crate) struct KeyPair {
    pub(super) signing: SigningKey,
    jwk: Jwk,
}

impl KeyPair {
    /// Reads a private key, and checks that a public key, if there is one, is its other half. The
    /// kind of key decides the algorithm: RS256, ES256 or EdDSA.
    pub(crate) fn from_pem(private_key: &str, public_key: Option<&str>) -> Result<Self, PemProblem> {
        // In an environment variable, line ends are often written `\n`.
        let private_key = Zeroizing::new(private_key.replace("\\n", "\n"));
        let private_key = private_key.as_bytes();
        let candidates = [
            (Algorithm::EdDSA, EncodingKey::from_ed_pem(private_key)),
            (Algorithm::ES256, EncodingKey::from_ec_pem(private_key)),
            (Algorithm::RS256, EncodingKey::from_rsa_pem(private_key)),
        ];
        let (algorithm, encoding, mut jwk) = candidates
            .into_iter()
            .find_map(|(algorithm, key)| {
                let key = key.ok()?;
                let jwk = Jwk::from_encoding_key(&key, algorithm).ok()?;
                Some((algorithm, key, jwk))
            })
            .ok_or(PemProblem::Private)?;
        if let Some(public_key) = public_key {
            let public_key = public_key.replace("\\n", "\n");
            let public_key = public_key.as_bytes();
            let decoding = match algorithm {
                Algorithm::EdDSA => DecodingKey::from_ed_pem(public_key),
                Algorithm::ES256 => DecodingKey::from_ec_pem(public_key),
                _ => DecodingKey::from_rsa_pem(public_key),
            };
            let public = decoding.and_then(|key| Jwk::from_decoding_key(&key, Some(algorithm)));
            let public = public.map_err(|_| PemProblem::Public)?;
            if public.algorithm != jwk.algorithm {
                return Err(PemProblem::Mismatch);
            }
        }
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| PemProblem::Private)?;
        jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| PemProblem::Private)?);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let signing = SigningKey::asymmetric(encoding, decoding, algorithm, jwk.common.key_id.as_deref())
            .map_err(|_| PemProblem::Private)?;
        // A key of the right form may still be of a curve that the algorithm does not use.
        let mut message = "aura".to_owned();
        let works = signing.sign(&mut message).and_then(|()| {
            let signature = message.split_once('.').ok_or(JoseError::Malformed)?.1;
            signing.verify(b"aura", signature)
        });
        works.map_err(|_| PemProblem::Private)?;
        Ok(Self { signing, jwk })
    }

    /// The public half (RFC 7517).
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\\n-----END PRIVATE KEY-----\\n";
    const ED25519_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    /// 1,024 bits, made for this test.
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
    fn a_pair_is_known_by_its_thumbprint() {
        // RFC 8037, appendix A.
        let pair = KeyPair::from_pem(ED25519, Some(ED25519_PUBLIC)).unwrap();
        assert_eq!(pair.jwk().common.key_id.as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
    }

    #[test]
    fn what_is_no_pair_is_told_apart() {
        let other = ED25519_PUBLIC.replace("11qYAYKx", "22qYAYKx");
        assert_eq!(problem("", None), Some(PemProblem::Private));
        assert_eq!(problem(ED25519_PUBLIC, None), Some(PemProblem::Private));
        assert_eq!(problem(ED25519, Some("x")), Some(PemProblem::Public));
        assert_eq!(problem(ED25519, Some(&other)), Some(PemProblem::Mismatch));
    }

    /// Attack: sessions signed with an RSA key that can be factored
    /// Standards: RFC 7518 3.3; ASVS 11.2.3, 11.6.1
    #[test]
    fn a_short_rsa_key_is_refused() {
        assert_eq!(problem(SHORT_RSA, None), Some(PemProblem::Private));
    }
}
