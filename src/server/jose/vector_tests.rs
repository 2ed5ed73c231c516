//! Creates the tokens of the TypeScript release again, and compares them byte for byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::Secret;
use crate::server::clock::Clock;
use crate::server::jose::ordered_claims::OrderedClaims;
use crate::server::jose::{Jose, KeyRing, SessionFormat, registered_claims};
use crate::server::random::{Random, RandomError};

/// Returns the random bytes that a test vector was made with.
struct Draws(Mutex<VecDeque<Vec<u8>>>);

impl Random for Draws {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let draw = self.0.lock().unwrap().pop_front().ok_or(RandomError)?;
        bytes.copy_from_slice(&draw);
        Ok(())
    }
}

struct Fixed(i64);

impl Clock for Fixed {
    fn unix_seconds(&self) -> i64 {
        self.0
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn every_token_of_the_typescript_release_is_reproduced_byte_for_byte() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors.json")).unwrap();
    let secret = |name: &str| Secret::from(file[name].as_str().unwrap());
    for vector in file["vectors"].as_array().unwrap() {
        let (kind, format) = match vector["kind"].as_str().unwrap() {
            "sealed" => ("sealed", SessionFormat::Sealed),
            "signed" => ("signed", SessionFormat::Signed),
            "encrypted" => ("encrypted", SessionFormat::Encrypted),
            other => panic!("{other}"),
        };
        let draws = vector["draws"].as_array().unwrap().iter().map(|draw| unhex(draw["hex"].as_str().unwrap()));
        let random = Arc::new(Draws(Mutex::new(draws.collect())));
        let mut payload = OrderedClaims::default();
        for name in ["sub", "name", "image", "email", "token"] {
            if let Some(value) = vector["claims"].get(name) {
                payload.insert(name, value.clone()).unwrap();
            }
        }
        let now = vector["claims"]["iat"].as_i64().unwrap();
        let claims = registered_claims::complete(&payload, now, &*random, kind == "encrypted").unwrap();
        let keys = KeyRing::derive(&secret("secret"), &[], &secret("salt")).unwrap();
        let jose = Jose::new(keys, format, Arc::new(Fixed(now)), random);
        assert_eq!(jose.encode_session(&claims).unwrap(), vector["token"], "{}", vector["name"]);
    }
}
