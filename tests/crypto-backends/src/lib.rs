//! jsonwebtoken selects its cryptography by its features. If the crates of an app enable both `aws_lc_rs` and
//! `rust_crypto`, jsonwebtoken can't select one, and its functions panic at their first use. This library names its
//! provider explicitly, so it works anyway.

#![cfg(test)]

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, SessionConfig, SessionMode, User};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

const ED25519: (&str, &str) = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
);
const P256: (&str, &str) = (include_str!("../../keys/p256.pem"), include_str!("../../keys/p256.public.pem"));
const RSA: (&str, &str) = (include_str!("../../keys/rsa.pem"), include_str!("../../keys/rsa.public.pem"));

fn auth(session: SessionConfig) -> Auth {
    Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
        .base_url("http://localhost:3000")
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
        .session(session)
        .build()
        .unwrap()
}

fn reads_its_own_session(auth: &Auth) -> bool {
    let cookie = session_cookie(auth, User::new("ada")).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost:3000"));
    headers.insert("cookie", cookie.parse().unwrap());
    let found = auth.api().get_session(&headers).now_or_never().unwrap();
    found.into_result().is_ok_and(|session| session.user.sub == "ada")
}

#[test]
fn the_default_crypto_provider_of_jsonwebtoken_panics() {
    let signs = || {
        let key = jsonwebtoken::EncodingKey::from_secret(b"secret");
        jsonwebtoken::crypto::sign(b"message", &key, jsonwebtoken::Algorithm::HS256)
    };
    assert!(std::panic::catch_unwind(signs).is_err(), "with only one backend enabled, the other tests prove nothing");
}

#[test]
fn tokens_are_sealed_encrypted_and_signed() {
    let auth = auth(SessionConfig::default());
    let (jose, payload) = (auth.jose(), json!({ "invited": "ada@example.org" }));
    let sealed = jose.encode_jwt(&payload).unwrap();
    assert_eq!(jose.decode_jwt(&sealed).unwrap()["invited"], "ada@example.org");
    let encrypted = jose.encrypt_jwe(&payload).unwrap();
    assert_eq!(jose.decrypt_jwe(&encrypted).unwrap()["invited"], "ada@example.org");
    let signed = jose.sign_jws(&payload).unwrap();
    assert_eq!(jose.verify_jws(&signed).unwrap()["invited"], "ada@example.org");
    assert!(jose.verify_jws(&signed.replace('.', "A.")).is_err());
}

#[test]
fn sessions_of_every_mode_are_read() {
    for mode in [SessionMode::Sealed, SessionMode::Signed, SessionMode::Encrypted] {
        assert!(reads_its_own_session(&auth(SessionConfig::default().mode(mode))), "{mode:?}");
    }
}

#[test]
fn sessions_signed_with_a_private_key_are_read() {
    for (private_key, public_key) in [ED25519, P256, RSA] {
        let session = SessionConfig::default().mode(SessionMode::Signed).signing_key(private_key);
        assert!(reads_its_own_session(&auth(session.verifying_key(public_key))), "{public_key}");
    }
}
