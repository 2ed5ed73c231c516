//! Tokens of the TypeScript release: each one opens, and the library creates the same bytes.

use std::collections::VecDeque;
use std::sync::Mutex;

use aura_auth::jose::{Jose, JoseError};
use aura_auth::{Auth, Random, RandomError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::test_app::{SALT, SECRET, StoppedClock};

const TIME: i64 = 1_767_225_600;

/// Returns the random values with which a vector was created.
#[derive(Default)]
struct Draws(Mutex<VecDeque<Vec<u8>>>);

impl Random for Draws {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let draw = self.0.lock().unwrap().pop_front().ok_or(RandomError)?;
        bytes.copy_from_slice(&draw);
        Ok(())
    }
}

fn jose(time: i64, draws: &Value) -> Jose {
    let draws = draws.as_array().into_iter().flatten().map(|draw| unhex(draw["hex"].as_str().unwrap())).collect();
    let auth = Auth::builder()
        .environment::<&str, &str>([])
        .secret(SECRET)
        .salt(SALT)
        .clock(StoppedClock::at(time))
        .random(Draws(Mutex::new(draws)))
        .build()
        .unwrap();
    auth.jose().compatible()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert_eq!((file["secret"].as_str(), file["salt"].as_str()), (Some(SECRET), Some(SALT)));
    file["vectors"].as_array().unwrap().clone()
}

fn open(jose: &Jose, kind: &str, token: &str) -> Result<Value, JoseError> {
    let claims = match kind {
        "sealed" => jose.decode_jwt(token),
        "signed" => jose.verify_jws(token),
        "encrypted" => jose.decrypt_jwe(token),
        other => panic!("{other}"),
    };
    claims.map(Value::Object)
}

/// Returns the token of the last vector of this kind.
fn token(kind: &str) -> String {
    let vector = vectors().into_iter().rfind(|vector| vector["kind"] == kind).unwrap();
    vector["token"].as_str().unwrap().to_owned()
}

#[test]
fn every_token_decodes_to_its_claims() {
    for vector in vectors() {
        let kind = vector["kind"].as_str().unwrap();
        let claims = open(&jose(TIME, &json!([])), kind, vector["token"].as_str().unwrap());
        assert_eq!(claims.unwrap(), vector["claims"], "{}", vector["name"]);
    }
}

#[test]
fn every_token_that_is_not_a_session_is_reproduced_byte_for_byte() {
    // Only the library creates sessions, so src/server/jose/vector_tests.rs tests those.
    let (sessions, others): (Vec<_>, Vec<_>) =
        vectors().into_iter().partition(|vector| vector["claims"].get("sub").is_some());
    assert!(!sessions.is_empty() && !others.is_empty());
    for vector in others {
        let mut payload = vector["claims"].clone();
        for claim in ["iat", "nbf", "exp", "jti"] {
            payload.as_object_mut().unwrap().remove(claim);
        }
        let jose = jose(TIME, &vector["draws"]);
        let token = match vector["kind"].as_str().unwrap() {
            "sealed" => jose.encode_jwt(&payload),
            "signed" => jose.sign_jws(&payload),
            "encrypted" => jose.encrypt_jwe(&payload),
            other => panic!("{other}"),
        };
        assert_eq!(token.unwrap(), vector["token"], "{}", vector["name"]);
    }
}

#[test]
fn token_validity_is_exact_to_the_second() {
    for kind in ["sealed", "signed", "encrypted"] {
        let at = |time| open(&jose(time, &json!([])), kind, &token(kind)).map(|_| ());
        assert_eq!(at(TIME), Ok(()));
        assert_eq!(at(TIME - 1), Err(JoseError::NotYetValid));
        assert_eq!(at(TIME + 1_295_999), Ok(()));
        assert_eq!(at(TIME + 1_296_000), Err(JoseError::Expired));
    }
}

#[test]
fn tokens_of_another_secret_are_rejected() {
    let auth = Auth::builder().environment::<&str, &str>([]).secret(SALT).salt(SECRET);
    let jose = auth.clock(StoppedClock::at(TIME)).build().unwrap().jose().compatible();
    assert_eq!(open(&jose, "sealed", &token("sealed")), Err(JoseError::Decryption));
    assert_eq!(open(&jose, "signed", &token("signed")), Err(JoseError::Signature));
    assert_eq!(open(&jose, "encrypted", &token("encrypted")), Err(JoseError::Decryption));
}

#[test]
fn a_token_with_any_changed_character_is_rejected() {
    for kind in ["sealed", "signed", "encrypted"] {
        let jose = jose(TIME, &json!([]));
        let token = token(kind);
        for at in 0..token.len() {
            // Another character of the alphabet, so that most changed tokens still decode.
            let changed = match token.as_bytes()[at] {
                b'.' => continue,
                b'A' => 'B',
                _ => 'A',
            };
            let mut text = token.clone();
            text.replace_range(at..=at, &changed.to_string());
            assert!(open(&jose, kind, &text).is_err(), "{kind}, character {at}");
        }
    }
}

#[test]
fn tokens_of_another_shape_or_algorithm_are_refused() {
    let jose = jose(TIME, &json!([]));
    let encode = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let signed = token("signed");
    let (header, rest) = signed.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let jws = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}=.{payload}.{signature}"),
        // The low bits of the last character are not part of the signature, so this is a second spelling.
        format!("{header}.{payload}.{}l", &signature[..signature.len() - 1]),
        format!("{}.{payload}.", encode(r#"{"alg":"none","typ":"JWT"}"#)),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"none","typ":"JWT"}"#)),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"HS512","typ":"JWT"}"#)),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"RS256","typ":"JWT"}"#)),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"HS256"}"#)),
        format!("{}.{payload}.{signature}", encode(r#"{"alg":"HS256","typ":"JWT","crit":["exp"]}"#)),
        format!("{}.{payload}.{signature}", encode("[]")),
        format!(" {signed}"),
        format!("{signed}\n"),
    ];
    for token in jws {
        assert!(jose.verify_jws(&token).is_err(), "{token}");
    }

    let sealed = token("sealed");
    let parts: Vec<&str> = sealed.split('.').collect();
    let [header, _, iv, text, tag] = parts[..] else { panic!() };
    let jwe = [
        format!("{header}..{iv}.{text}"),
        format!("{header}..{iv}.{text}.{tag}."),
        format!("{header}..{iv}.{text}.{tag}.{tag}"),
        format!("{header}.QUJD.{iv}.{text}.{tag}"),
        format!("{header}..{iv}.{text}.{}", &tag[..tag.len() - 4]),
        format!("{header}..{}.{text}.{tag}", &iv[..iv.len() - 4]),
        format!("{header}..{iv}.{text}=.{tag}"),
        format!("{header}..{iv}..{tag}"),
        format!("{}..{iv}.{text}.{tag}", encode(r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#)),
        format!("{}..{iv}.{text}.{tag}", encode(r#"{"alg":"dir","enc":"A128GCM"}"#)),
        format!("{}..{iv}.{text}.{tag}", encode(r#"{"alg":"A256KW","enc":"A256GCM"}"#)),
        format!("{}..{iv}.{text}.{tag}", encode(r#"{"alg":"dir","enc":"A256GCM","crit":["x"]}"#)),
        signed,
    ];
    for token in jwe {
        assert!(jose.decode_jwt(&token).is_err(), "{token}");
    }
    // An encrypted token is not accepted as a sealed one, because its content is not signed.
    assert!(jose.decode_jwt(&token("encrypted")).is_err());
}

#[test]
fn jose_rejects_payloads_with_sub_but_still_opens_sessions() {
    let auth = Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
    let jose = auth.clock(StoppedClock::at(TIME)).build().unwrap().jose().compatible();
    for payload in [json!({ "sub": "x" }), json!({ "a": 1, "sub": null }), json!({ "sub": 7, "jti": "x" })] {
        assert_eq!(jose.sign_jws(&payload), Err(JoseError::Subject), "{payload}");
        assert_eq!(jose.encrypt_jwe(&payload), Err(JoseError::Subject), "{payload}");
        assert_eq!(jose.encode_jwt(&payload), Err(JoseError::Subject), "{payload}");
    }
    assert!(open(&jose, "sealed", &token("sealed")).unwrap().get("sub").is_some());
}

#[test]
fn the_app_s_jose_keys_and_the_typescript_keys_reject_each_other_s_tokens() {
    let auth = Auth::builder().environment::<&str, &str>([]).secret(SECRET).salt(SALT);
    let auth = auth.clock(StoppedClock::at(TIME)).build().unwrap();
    let (app, compatible) = (auth.jose(), auth.jose().compatible());
    for (kind, refusal) in
        [("sealed", JoseError::Decryption), ("signed", JoseError::Signature), ("encrypted", JoseError::Decryption)]
    {
        assert_eq!(open(app, kind, &token(kind)), Err(refusal), "{kind}");
        let payload = json!({ "sub": "x" });
        let own = match kind {
            "sealed" => app.encode_jwt(&payload),
            "signed" => app.sign_jws(&payload),
            _ => app.encrypt_jwe(&payload),
        };
        let own = own.unwrap();
        assert_eq!(open(app, kind, &own).unwrap()["sub"], "x", "{kind}");
        assert_eq!(open(&compatible, kind, &own), Err(refusal), "{kind}");
    }
}

#[test]
fn only_non_empty_objects_are_accepted_as_payloads() {
    let jose = jose(TIME, &json!([]));
    for payload in [json!({}), json!([]), json!("text"), json!(null), json!(1)] {
        assert_eq!(jose.sign_jws(&payload), Err(JoseError::Payload));
    }
}
