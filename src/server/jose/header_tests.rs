//! Tokens with unusual headers and parts. Each has a correct signature or authentication tag, so only the check under
//! test can reject it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Secret;
use crate::server::clock::SystemClock;
use crate::server::jose::{Jose, JoseError, KeyRing, SessionFormat};
use crate::server::random::SystemRandom;

fn jose() -> Jose {
    let secret = Secret::from("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=");
    let salt = Secret::from("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=");
    let keys = KeyRing::derive(&secret, &[], &salt).unwrap();
    Jose::new(keys, SessionFormat::Sealed, Arc::new(SystemClock), Arc::new(SystemRandom))
}

fn jws(jose: &Jose, header: &str, payload: &Value) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload.to_string()));
    let signature = jose.keys().compatible.signing.sign(message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn jwe(jose: &Jose, header: &str, plaintext: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header);
    let mut buffer = plaintext.as_bytes().to_vec();
    let tag = jose.keys().compatible.encryption.encrypt([7; 12], header.as_bytes(), &mut buffer).unwrap();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{header}..{}.{}.{}", encode(&[7; 12]), encode(&buffer), encode(&tag))
}

/// Attack: `alg` confusion in JWS: none, other algorithms, another `typ`, `crit`, with a right signature
/// Standards: RFC 8725 3.1, 3.11; ASVS 9.1.2
#[test]
fn a_token_with_a_valid_signature_but_an_unsupported_header_is_rejected() {
    let jose = jose();
    for header in
        [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"HS256","typ":"jwt"}"#, r#"{"typ":"JWT","kid":"x","alg":"HS256"}"#]
    {
        assert!(jose.verify_jws(&jws(&jose, header, &json!({ "a": 1 }))).is_ok(), "{header}");
    }
    for header in [
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"hs256","typ":"JWT"}"#,
        r#"{"alg":"HS384","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","typ":"JWT","crit":[]}"#,
        r#"{"alg":"none","alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":["HS256"],"typ":"JWT"}"#,
        "{}",
        "null",
        "",
    ] {
        let refused = jose.verify_jws(&jws(&jose, header, &json!({ "a": 1 }))).unwrap_err();
        assert_eq!(refused, JoseError::Header, "{header}");
    }
}

/// Attack: `alg`, `enc` and `zip` confusion in JWE, with a right tag; without `zip` there is no bomb
/// Standards: RFC 8725 3.1, 3.6; ASVS 9.1.2
#[test]
fn a_token_with_a_valid_tag_but_an_unsupported_header_is_rejected() {
    let jose = jose();
    let signed = jose.sign_jws(&json!({ "a": 1 })).unwrap();
    for header in [r#"{"alg":"dir","enc":"A256GCM"}"#, r#"{"enc":"A256GCM","alg":"dir","typ":"x","cty":"y","kid":"z"}"#]
    {
        assert!(jose.decode_jwt(&jwe(&jose, header, &signed)).is_ok(), "{header}");
    }
    for header in [
        r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM","zip":"x"}"#,
        r#"{"alg":"dir","enc":"A256GCM","crit":["exp"]}"#,
        r#"{"alg":"dir","enc":"A128GCM"}"#,
        r#"{"alg":"dir","enc":"A128CBC-HS256"}"#,
        r#"{"alg":"A256KW","enc":"A256GCM"}"#,
        r#"{"alg":"none","enc":"A256GCM"}"#,
        r#"{"enc":"A256GCM"}"#,
        r#"{"alg":"dir"}"#,
        "[]",
    ] {
        let refused = jose.decode_jwt(&jwe(&jose, header, &signed)).unwrap_err();
        assert_eq!(refused, JoseError::Header, "{header}");
    }
}

/// Attack: a sealed token whose content nobody signed
/// Standards: RFC 8725 3.3; ASVS 9.1.1
#[test]
fn the_content_of_a_sealed_token_must_be_signed() {
    let jose = jose();
    let header = r#"{"alg":"dir","enc":"A256GCM"}"#;
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#), URL_SAFE_NO_PAD.encode("{}"));
    for inner in [r#"{"sub":"x"}"#, &unsigned, "", "a.b.c"] {
        assert!(jose.decode_jwt(&jwe(&jose, header, inner)).is_err(), "{inner}");
    }
}

/// Attack: members twice, base64 spelled otherwise
/// Standards: RFC 7515 4, 7515 10.12; ASVS 9.1.1
#[test]
fn extra_token_parts_duplicate_members_and_other_base64_spellings_are_rejected() {
    let jose = jose();
    let sealed = jose.encode_jwt(&json!({ "a": 1 })).unwrap();
    let with_key = sealed.replacen("..", ".QUJD.", 1);
    assert_eq!(jose.decode_jwt(&with_key), Err(JoseError::Malformed));
    assert_eq!(jose.decode_jwt(&format!("{sealed}.x")), Err(JoseError::Malformed));
    assert_eq!(jose.decode_jwt(&format!("{sealed}=")), Err(JoseError::Malformed));

    let signed = jose.sign_jws(&json!({ "a": 1 })).unwrap();
    assert_eq!(jose.verify_jws(&format!("{signed}.x")), Err(JoseError::Malformed));
    // 43 characters hold 258 bits, so the last two bits in the base64url of 32 bytes are always zero.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = *signed.as_bytes().last().unwrap();
    let value = alphabet.iter().position(|&char| char == last).unwrap();
    let other = char::from(alphabet[value | 1]);
    let respelled = format!("{}{other}", &signed[..signed.len() - 1]);
    assert_ne!(respelled, signed);
    assert_eq!(jose.verify_jws(&respelled), Err(JoseError::Signature));
}

#[test]
fn claims_that_are_no_object_are_refused() {
    let jose = jose();
    for payload in [json!([]), json!("x"), json!(null), json!(7)] {
        let token = jws(&jose, r#"{"alg":"HS256","typ":"JWT"}"#, &payload);
        assert_eq!(jose.verify_jws(&token), Err(JoseError::Malformed), "{payload}");
    }
}
