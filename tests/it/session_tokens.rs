//! The tokens of sessions: modes, issuer and audience, the rotation of secrets, key pairs, and the app's own claims.

use std::time::Duration;

use aura_auth::oauth::BitbucketProfile;
use aura_auth::testing::session_cookie;
use aura_auth::{AuthBuilder, PendingSignIn, SessionConfig, SessionMode, SignInDecision, User};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::test_app::{ADA, TestApp};
use super::typescript;

/// The key of RFC 8037, appendix A.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
/// Created with `openssl genpkey` for tests.
const P256: &str = include_str!("../keys/p256.pem");
const RSA: &str = include_str!("../keys/rsa.pem");
const NEW_SECRET: &str = "uT5pXw2cN8vQ1rLk7ZsY3hGd9fJbM4aE6oR0iKqWxVc=";

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn session(config: SessionConfig) -> impl FnOnce(AuthBuilder) -> AuthBuilder {
    |builder| builder.session(config)
}

fn user() -> User {
    User::new(ADA)
}

/// Standards: RFC 8725 3.11; ASVS 9.1.2
#[tokio::test]
async fn each_session_mode_creates_its_own_token_type_and_rejects_others() {
    let mut tokens = Vec::new();
    let modes = [SessionMode::Sealed, SessionMode::Signed, SessionMode::Encrypted];
    for mode in modes {
        let app = TestApp::configured(session(SessionConfig::default().mode(mode))).await;
        let browser = app.signed_in().await;
        let token = browser.session_token();
        let header = json_of(token.split('.').next().unwrap());
        let expected = match mode {
            SessionMode::Signed => json!({ "typ": "JWT", "alg": "HS256" }),
            _ => json!({ "alg": "dir", "enc": "A256GCM", "cty": "JWT", "typ": "JWT" }),
        };
        assert_eq!(header, expected, "{mode:?}");
        assert_eq!(token.split('.').count(), if mode == SessionMode::Signed { 3 } else { 5 });
        // The provider's tokens are encrypted in every mode.
        let sealed = browser.cookie("aura-auth.provider_tokens.bitbucket.0").unwrap();
        assert_eq!(json_of(sealed.split('.').next().unwrap())["enc"], "A256GCM", "{mode:?}");
        tokens.push(token);
    }
    for (mode, own) in modes.into_iter().zip(&tokens) {
        let app = TestApp::configured(session(SessionConfig::default().mode(mode))).await;
        for token in &tokens {
            let mut browser = app.browser();
            browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
            assert_eq!(browser.session().await.is_some(), token == own, "{mode:?}");
        }
    }
}

#[tokio::test]
async fn the_typescript_release_s_tokens_of_every_mode_are_read() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let token = |name: &str| {
        let all = vectors["vectors"].as_array().unwrap();
        let found = all.iter().find(|vector| vector["name"].as_str().unwrap().contains(name));
        found.unwrap_or_else(|| panic!("no vector {name}"))["token"].as_str().unwrap().to_owned()
    };
    for (mode, name) in
        [(SessionMode::Sealed, "sealed"), (SessionMode::Signed, "signed"), (SessionMode::Encrypted, "encrypted")]
    {
        let app = TestApp::configured(session(SessionConfig::default().mode(mode))).await;
        let mut browser = app.browser();
        browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={}", token(name)))];
        assert!(browser.session().await.is_some(), "{name}");
    }
}

/// Attack: a CSRF token, signed with the same key, as a session
/// Standards: RFC 8725 3.12; ASVS 9.2.2
#[tokio::test]
async fn in_signed_mode_a_csrf_token_is_rejected_as_a_session() {
    let app = TestApp::configured(session(SessionConfig::default().mode(SessionMode::Signed))).await;
    let csrf = app.browser().csrf_token().await;
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={csrf}"))];
    assert_eq!(browser.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
}

/// Attack: a token for another audience or of another issuer
/// Standards: RFC 8725 3.8, 3.9; ASVS 9.2.3
#[tokio::test]
async fn issuer_and_audience_are_set_and_verified() {
    let ours = || SessionConfig::default().issuer("https://app.example").audience(["a", "b"]);
    let signed_in = |config: SessionConfig| async move {
        let app = TestApp::configured(session(config)).await;
        let browser = app.signed_in().await;
        (app.auth.jose().compatible().decode_jwt(&browser.session_token()).unwrap(), browser.session_token())
    };
    let (claims, token) = signed_in(ours()).await;
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://app.example"), &json!(["a", "b"])));
    let (one, _) = signed_in(SessionConfig::default().audience(["a"])).await;
    assert_eq!(one["aud"], "a", "one audience is text, as the TypeScript release reads it");
    let (_, plain) = signed_in(SessionConfig::default()).await;

    for (config, token, passes) in [
        (ours(), &token, true),
        (SessionConfig::default(), &token, true),
        (ours().audience(["b", "c"]), &token, true),
        (ours().audience(["c"]), &token, false),
        (ours().issuer("https://other.example"), &token, false),
        (ours(), &plain, false),
        (SessionConfig::default().issuer("https://app.example"), &plain, false),
        (SessionConfig::default().audience(["a"]), &plain, false),
    ] {
        let app = TestApp::configured(session(config.clone())).await;
        let mut browser = app.browser();
        browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
        assert_eq!(browser.session().await.is_some(), passes, "{config:?}");
    }
}

/// Standards: ASVS 11.1.1, 11.2.2
#[tokio::test]
async fn sessions_of_a_previous_secret_are_accepted_and_sealed_with_the_new_one() {
    let before = TestApp::new().await;
    let mut browser = before.signed_in().await;
    let old = browser.session_token();
    let csrf = browser.csrf_token().await;

    let rotated = TestApp::configured(|builder| {
        builder
            .secret(NEW_SECRET)
            .previous_secrets(["qM3zXw8cT5vP1rNk7YsB2hGd9fJuL4aE6oR0iKjWxVb=", super::test_app::SECRET])
    })
    .await;
    let mut visitor = rotated.browser();
    visitor.cookies = browser.cookies.clone();
    let expires = visitor.session().await.unwrap().expires;
    let new = visitor.session_token();
    assert_ne!(new, old, "the session is sealed again");
    assert!(rotated.auth.jose().compatible().decode_jwt(&new).is_ok());
    assert!(before.auth.jose().compatible().decode_jwt(&new).is_err());
    assert_eq!(visitor.session().await.unwrap().expires, expires, "the session is not extended");
    assert_eq!(visitor.session_token(), new, "the session is sealed again only once");
    let answer = visitor
        .send(reqwest::Method::POST, "/auth/signOut", &[super::test_app::JSON, ("x-csrf-token", &csrf)], "")
        .await;
    assert_eq!(answer.status, 202, "a CSRF token of before still counts: {}", answer.body);

    let without = TestApp::configured(|builder| builder.secret(NEW_SECRET)).await;
    let mut visitor = without.browser();
    visitor.cookies = browser.cookies.clone();
    assert_eq!(visitor.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
}

#[tokio::test]
async fn a_sign_in_in_progress_survives_a_secret_rotation() {
    let before = TestApp::new().await;
    let mut browser = before.browser();
    let callback = browser.callback_url("/auth/signIn/bitbucket").await;
    let provider = before.bitbucket.provider(&before.bitbucket_origin);
    let rotated = TestApp::configured_with(|builder, _| {
        let url = before.origin.clone();
        aura_auth::Auth::builder()
            .environment::<&str, &str>([])
            .base_url(&url)
            .secret(NEW_SECRET)
            .salt(super::test_app::SALT)
            .clock(before.clock.clone())
            .previous_secrets([super::test_app::SECRET])
            .oauth([provider])
            .error_page({
                drop(builder);
                "/failed"
            })
    })
    .await;
    let mut after = rotated.browser();
    after.cookies = browser.cookies.clone();
    let end = after.get(&callback.replace(&before.origin, &rotated.origin)).await;
    assert_eq!(end.location(), "/", "{end:?}");
}

/// Standards: ASVS 11.6.1
#[tokio::test]
async fn sessions_signed_with_a_private_key_are_verified_with_the_public_key() {
    for (pem, algorithm, kind) in [(ED25519, "EdDSA", "OKP"), (P256, "ES256", "EC"), (RSA, "RS256", "RSA")] {
        let config = SessionConfig::default().mode(SessionMode::Signed).signing_key(pem);
        let app = TestApp::configured(session(config)).await;
        let mut browser = app.signed_in().await;
        assert_eq!(browser.session().await.unwrap().user.sub, ADA);
        let token = browser.session_token();
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
        let expected = format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":""#);
        assert!(header.starts_with(expected.as_bytes()), "{algorithm}");

        let jwks = browser.get_json("/auth/.well-known/jwks.json").await.json();
        let key = &jwks["keys"][0];
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!(kind), &json!(algorithm), &json!("sig")));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} of {algorithm} is served");
        }
        // Another service that only has the published key.
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.clone()).unwrap();
        let mut validation = jsonwebtoken::Validation::new(algorithm.parse().unwrap());
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
        let read = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(read.claims["sub"], ADA);
        assert_eq!(read.header.kid, jwk.common.key_id);

        // Forged with HMAC and the public key as its secret (algorithm confusion), and without a signature.
        let payload = token.split('.').nth(1).unwrap();
        for header in [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"none","typ":"JWT"}"#] {
            let signing = jsonwebtoken::EncodingKey::from_secret(jwks.to_string().as_bytes());
            let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
            let algorithm = jsonwebtoken::Algorithm::HS256;
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signing, algorithm).unwrap();
            let mut forger = app.browser();
            forger.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={message}.{signature}"))];
            assert_eq!(forger.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
        }
    }
    let without = TestApp::new().await;
    assert_eq!(without.browser().get_json("/auth/.well-known/jwks.json").await.json(), json!({ "keys": [] }));
}

#[tokio::test]
async fn the_session_contains_only_the_claims_of_the_profile_mapping() {
    let app = TestApp::configured_with(|builder, provider| {
        builder.oauth([provider.id("mapped").profile(|profile: BitbucketProfile| {
            let status = profile.account_status.clone().unwrap_or_default();
            profile.into_user().with("status", status).with("role", "admin")
        })])
    })
    .await;
    let mut browser = app.browser();
    browser.sign_in("/auth/signIn/mapped").await;
    let session = browser.session().await.unwrap();
    assert_eq!(session.user.get::<String>("role").as_deref(), Some("admin"));
    let claims = session.user.claims.as_map().clone();
    let mut claims: Vec<_> = claims.keys().collect();
    claims.sort();
    assert_eq!(claims, ["role", "status"]);
    #[derive(serde::Deserialize)]
    struct Member {
        name: String,
        status: String,
    }
    let member: Member = session.user_as().unwrap();
    assert_eq!((member.name.as_str(), member.status.as_str()), ("Ada Lovelace", "active"));
    assert!(session.user_as::<Vec<u8>>().is_err());
}

/// Attack: an app that takes claims over from a provider, which sends one that the session itself uses
/// Standards: RFC 7519 4; ASVS 9.2.1
#[tokio::test]
async fn a_claim_with_a_reserved_name_is_rejected() {
    for name in ["sub", "name", "image", "email", "aura_auth_rs", "aud", "iss", "iat", "nbf", "exp", "mexp", "jti", ""]
    {
        let by_mapping = TestApp::configured_with(|builder, provider| {
            builder
                .oauth([provider.id("mapped").profile(|profile: BitbucketProfile| profile.into_user().with(name, 1))])
        })
        .await;
        let by_hook = TestApp::configured(|builder| {
            builder.on_sign_in(async |sign_in: PendingSignIn| SignInDecision::AllowAs(sign_in.user.with(name, 1)))
        })
        .await;
        for (app, provider) in [(by_mapping, "mapped"), (by_hook, "bitbucket")] {
            let end = app.browser().sign_in(&format!("/auth/signIn/{provider}")).await;
            assert_eq!(end.shown_error(), "RESERVED_CLAIM", "{provider} {name}");
        }
    }
}

/// Standards: RFC 6265bis 4.1.2.2
#[tokio::test]
async fn the_cookie_expires_with_the_session() {
    for (config, seconds) in [
        (SessionConfig::default().max_age(Duration::from_secs(3600)), 3600),
        (SessionConfig::default().max_age(Duration::from_secs(3600)).max_duration(Duration::from_secs(1800)), 1800),
    ] {
        let app = TestApp::configured(session(config)).await;
        let mut browser = app.browser();
        let callback = browser.callback_url("/auth/signIn/bitbucket").await;
        let set = browser.get(&callback).await.set_cookies();
        let line = set.iter().find(|line| line.starts_with("aura-auth.session_token=")).unwrap();
        assert!(line.ends_with(&format!("Max-Age={seconds}")), "{line}");
    }
}

#[tokio::test]
async fn the_testing_helper_makes_a_session_of_the_configured_mode() {
    let app = TestApp::configured(session(SessionConfig::default().mode(SessionMode::Signed))).await;
    let cookie = session_cookie(&app.auth, user()).unwrap();
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), cookie)];
    assert_eq!(browser.session().await.unwrap().user.sub, ADA);
}

#[tokio::test]
async fn all_claims_of_another_server_are_kept_as_user_claims() {
    let app = TestApp::new().await;
    let claims = json!({
        "sub": ADA, "provider": { "id": 7 }, "version": "two", "sid": 1, "roles": ["a"],
        "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_767_229_200, "jti": "x",
    });
    let token = typescript::seal(&claims);
    let mut browser = app.browser();
    browser.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
    let user = browser.session().await.unwrap().user;
    assert_eq!(user.get::<Vec<String>>("roles").unwrap(), ["a"]);
    assert_eq!(user.get::<Value>("provider").unwrap()["id"], 7);
    assert_eq!(user.get::<String>("version").as_deref(), Some("two"));
}

/// The order of the curve P-256 (SEC 2, 2.4.2).
const P256_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Replaces the signature (r, s) of an ES256 token with (r, n - s), which is also valid.
fn with_other_s(token: &str) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for (byte, order) in signature[32..].iter_mut().zip(P256_ORDER).rev() {
        let difference = i16::from(order) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Attack: signature malleability: the second valid ES256 signature of a session, made without the key
/// Standards: RFC 7518 3.4; FIPS 186-5 6.4; ASVS 9.1.1, 11.6.1
#[tokio::test]
async fn the_second_valid_es256_signature_of_a_session_is_rejected() {
    let config = SessionConfig::default().mode(SessionMode::Signed).signing_key(P256);
    let app = TestApp::configured(|builder| builder.session(config)).await;
    let jwks = app.browser().get_json("/auth/.well-known/jwks.json").await.json();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwks["keys"][0].clone()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.validate_exp = false;
    // If a signer does not normalize s, half of its signatures have a high one. 16 sign-ins almost certainly find one.
    for _ in 0..16 {
        let mut browser = app.signed_in().await;
        assert!(browser.session().await.is_some());
        let other = with_other_s(&browser.session_token());
        assert!(jsonwebtoken::decode::<Value>(&other, &key, &validation).is_ok(), "it is a valid signature");
        let mut forger = app.browser();
        forger.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={other}"))];
        assert_eq!(forger.get_json("/auth/session").await.error_code(), "SESSION_INVALID");
    }
}
