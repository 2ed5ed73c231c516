//! Compares opening and sealing a session with the floor: only the cryptography and the JSON that the token needs.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

mod support;

use std::hint::black_box;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _, Tag};
use aura_auth::Auth;
use aura_auth::testing::session_cookie;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt as _;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Map, Value};
use support::{ada, builder, request};

/// `{"alg":"dir","enc":"A256GCM","cty":"JWT","typ":"JWT"}`
const OUTER_HEADER: &[u8] = b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiSldUIiwidHlwIjoiSldUIn0";
/// `{"alg":"HS256","typ":"JWT"}`
const INNER_HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// The cryptography of a token, with the same crates as in the library. The cipher is built once. The MAC's state is
/// built for each call, because jsonwebtoken's signers are not `Send`.
struct Floor {
    encryption: Aes256Gcm,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Floor {
    fn new() -> Self {
        Self {
            encryption: Aes256Gcm::new(&[1; 32].into()),
            encoding: EncodingKey::from_secret(&[2; 32]),
            decoding: DecodingKey::from_secret(&[2; 32]),
        }
    }

    /// Computes one MAC and encrypts once, in place.
    fn seal(&self, message: &mut [u8], nonce: [u8; 12]) -> (Vec<u8>, Tag) {
        let signer = (DEFAULT_PROVIDER.signer_factory)(&Algorithm::HS256, &self.encoding).unwrap();
        let signature = signer.try_sign(message).unwrap();
        let tag = self.encryption.encrypt_inout_detached(&nonce.into(), OUTER_HEADER, message.into()).unwrap();
        (signature, tag)
    }

    /// Decrypts once, in place, verifies one MAC and parses one JSON text.
    fn open(&self, sealed: &mut [u8], tag: &Tag, signature: &Vec<u8>, json: &[u8]) -> Map<String, Value> {
        self.encryption.decrypt_inout_detached(&[3; 12].into(), OUTER_HEADER, (&mut *sealed).into(), tag).unwrap();
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&Algorithm::HS256, &self.decoding).unwrap();
        verifier.verify(sealed, signature).unwrap();
        serde_json::from_slice(json).unwrap()
    }
}

fn auth(providers: usize) -> Auth {
    let provider = |number: usize| {
        aura_auth::oauth::bitbucket().id(&format!("provider{number}")).client_id("key").client_secret("secret")
    };
    // The builder already has one provider.
    builder().oauth((1..providers).map(provider)).build().unwrap()
}

fn floor(criterion: &mut Criterion) {
    let (auth, user) = (auth(1), ada());
    let cookie = session_cookie(&auth, user.clone()).unwrap();
    let token = cookie.split_once('=').unwrap().1;
    // The claims of the token, so that both sides work on the same bytes.
    let json = serde_json::to_vec(&auth.jose().compatible().decode_jwt(token).unwrap()).unwrap();
    let message = format!("{INNER_HEADER}.{}", URL_SAFE_NO_PAD.encode(&json)).into_bytes();
    let floor = Floor::new();
    let mut sealed = message.clone();
    let (signature, tag) = floor.seal(&mut sealed, [3; 12]);

    let mut group = criterion.benchmark_group("open");
    let mut buffer = vec![0; sealed.len()];
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            buffer.copy_from_slice(&sealed);
            floor.open(black_box(&mut buffer), &tag, &signature, black_box(&json))
        });
    });
    let headers = request(Some(&cookie));
    let api = auth.api();
    group.bench_function("session", |bencher| bencher.iter(|| api.get_session(black_box(&headers)).now_or_never()));
    group.finish();

    let mut group = criterion.benchmark_group("seal");
    let claims: Map<String, Value> = serde_json::from_slice(&json).unwrap();
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            // The token's `jti` and the nonce.
            let (mut jti, mut nonce) = ([0; 32], [0; 12]);
            getrandom::fill(&mut jti).unwrap();
            getrandom::fill(&mut nonce).unwrap();
            black_box(serde_json::to_vec(black_box(&claims)).unwrap());
            buffer.clear();
            buffer.extend_from_slice(&message);
            floor.seal(black_box(&mut buffer), nonce)
        });
    });
    group.bench_function("session", |bencher| {
        bencher.iter_batched(|| user.clone(), |user| session_cookie(&auth, user), criterion::BatchSize::SmallInput);
    });
    group.finish();
}

/// The time of a read must not grow with the number of providers, other cookies and sessions.
fn growth(criterion: &mut Criterion) {
    const COUNTS: [usize; 3] = [1, 10, 100];
    let user = |number: usize| ada().with_sub(number.to_string());
    let mut group = criterion.benchmark_group("providers");
    for count in COUNTS {
        let auth = auth(count);
        let headers = request(Some(&session_cookie(&auth, ada()).unwrap()));
        let api = auth.api();
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| api.get_session(black_box(&headers)).now_or_never());
        });
    }
    group.finish();
    let auth = auth(1);
    let api = auth.api();
    let mut group = criterion.benchmark_group("cookies");
    for count in COUNTS {
        let others: String = (0..count).map(|number| format!("other{number}=12345678; ")).collect();
        let headers = request(Some(&format!("{others}{}", session_cookie(&auth, ada()).unwrap())));
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| api.get_session(black_box(&headers)).now_or_never());
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("sessions");
    for count in COUNTS {
        let requests: Vec<_> =
            (0..count).map(|number| request(Some(&session_cookie(&auth, user(number)).unwrap()))).collect();
        let mut turn = requests.iter().cycle();
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| api.get_session(black_box(turn.next().unwrap())).now_or_never());
        });
    }
    group.finish();
}

criterion_group!(benches, floor, growth);
criterion_main!(benches);
