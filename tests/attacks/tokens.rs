//! Forged and changed tokens

use aura_auth::{AuthBuilder, SessionConfig, SessionMode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::test_app::{ADA, SALT, TestApp};

async fn answer_to(app: &TestApp, token: &str) -> String {
    let mut forger = app.browser();
    forger.headers = vec![("cookie".to_owned(), format!("aura-auth.session_token={token}"))];
    let answer = forger.get_json("/auth/session").await;
    assert_eq!(answer.status, 401, "{token}");
    answer.error_code()
}

fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// Attack: a session that was sealed with another server's secret
/// Standards: RFC 8725 3.4; ASVS 9.1.3
#[tokio::test]
async fn a_session_sealed_with_another_secret_is_rejected() {
    let app = TestApp::new().await;
    let another_secret = |builder: AuthBuilder| builder.secret("o9Wm3Zx7Kc1Vb5Nq8Lt2Rf6Hd0Gj4Pys+Ua/EiTeQk=");
    let other = TestApp::configured(another_secret).await.signed_in().await;
    assert_eq!(answer_to(&app, &other.session_token()).await, "SESSION_INVALID");
    let another_salt = |builder: AuthBuilder| builder.salt(SALT.to_lowercase());
    let other = TestApp::configured(another_salt).await.signed_in().await;
    assert_eq!(answer_to(&app, &other.session_token()).await, "SESSION_INVALID");
}

/// Attack: unsigned and wrongly encrypted tokens
/// Standards: RFC 8725 3.1, 3.2; ASVS 9.1.1, 9.1.2
#[tokio::test]
async fn an_unsigned_or_wrongly_encrypted_token_is_rejected() {
    let app = TestApp::new().await;
    let claims = r#"{"sub":"{x}","name":"Mallory","iat":1767225600,"nbf":1767225600,"exp":1999999999,"jti":"x"}"#;
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"None","typ":"JWT"}"#, r#"{"alg":"","typ":"JWT"}"#, "{}"] {
        assert_eq!(answer_to(&app, &unsigned(header, claims)).await, "SESSION_INVALID");
        assert_eq!(answer_to(&app, &format!("{}AAAA", unsigned(header, claims))).await, "SESSION_INVALID");
    }
    let token = app.signed_in().await.session_token();
    let parts: Vec<&str> = token.split('.').collect();
    for header in [
        r#"{"alg":"dir","enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"RSA1_5","enc":"A256GCM"}"#,
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2147483647,"p2s":"x"}"#,
    ] {
        let forged = [&URL_SAFE_NO_PAD.encode(header), parts[1], parts[2], parts[3], parts[4]].join(".");
        assert_eq!(answer_to(&app, &forged).await, "SESSION_INVALID");
    }
}

/// Attack: a session cut off at every length, or with something after it
/// Standards: RFC 7516 11.5; ASVS 9.1.1, 11.3.3
#[tokio::test]
async fn a_shortened_or_lengthened_session_token_is_rejected() {
    let app = TestApp::new().await;
    let token = app.signed_in().await.session_token();
    for end in (1..token.len()).step_by(7).chain([token.len() - 1]) {
        assert_eq!(answer_to(&app, &token[..end]).await, "SESSION_INVALID", "{end}");
    }
    for more in ["A", "AA", "AAAA", ".", ".A", "=", "%20"] {
        assert_eq!(answer_to(&app, &format!("{token}{more}")).await, "SESSION_INVALID", "{more}");
    }
}

/// Attack: base64 malleability: the same bytes spelled otherwise get by a list of refused tokens
/// Standards: RFC 4648 3.5; RFC 7515 2; ASVS 9.1.1
#[tokio::test]
async fn other_base64_spellings_of_a_session_are_rejected() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let app = TestApp::new().await;
    let token = app.signed_in().await.session_token();
    let mut others = vec![format!("{token}=="), token.replace('-', "+"), token.replace('_', "/")];
    // If the last character of a part has unused bits, a changed unused bit gives a second spelling.
    let mut end = 0;
    for part in token.split('.') {
        end += part.len();
        if part.len() % 4 != 0 {
            let last = ALPHABET.iter().position(|letter| *letter == token.as_bytes()[end - 1]).unwrap();
            let other = char::from(ALPHABET[last ^ 1]);
            others.push(format!("{}{other}{}", &token[..end - 1], &token[end..]));
        }
        end += 1;
    }
    assert!(others.len() > 4, "this token has unused bits");
    for other in others.into_iter().filter(|other| *other != token) {
        assert_eq!(answer_to(&app, &other).await, "SESSION_INVALID", "{other}");
    }
}

/// Attack: a token that the app made for another purpose (an invitation, a link in an e-mail) is sent as a session
/// Standards: RFC 8725 3.11, 3.12; ASVS 9.2.2, 11.2.2
#[tokio::test]
async fn a_token_made_by_the_app_s_jose_is_rejected_as_a_session() {
    let session = json!({
        "sub": ADA, "name": "Mallory", "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_767_229_200, "jti": "x",
    });
    for mode in [SessionMode::Sealed, SessionMode::Signed, SessionMode::Encrypted] {
        let app = TestApp::configured(|builder| builder.session(SessionConfig::default().mode(mode))).await;
        let jose = app.auth.jose();
        for token in [jose.sign_jws(&session), jose.encrypt_jwe(&session), jose.encode_jwt(&session)] {
            assert_eq!(answer_to(&app, &token.unwrap()).await, "SESSION_INVALID", "{mode:?}");
        }
    }
}
