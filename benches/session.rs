//! The cost that every request has: reading a session, and rejecting an invalid one.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

mod support;

use std::hint::black_box;

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, RedirectOptions, SessionConfig, SessionMode};
use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt as _;
use support::{ada, builder, request};

fn auth(mode: SessionMode) -> Auth {
    builder().session(SessionConfig::default().mode(mode)).build().unwrap()
}

fn sessions(criterion: &mut Criterion) {
    let user = ada();
    for mode in [SessionMode::Signed, SessionMode::Encrypted] {
        let auth = auth(mode);
        let headers = request(Some(&session_cookie(&auth, user.clone()).unwrap()));
        criterion.bench_function(&format!("get_session: {mode:?}"), |bencher| {
            bencher.iter(|| auth.api().get_session(black_box(&headers)).now_or_never());
        });
    }
    let auth = auth(SessionMode::Sealed);
    let cookie = session_cookie(&auth, user).unwrap();
    let mut tampered = cookie.clone();
    tampered.replace_range(cookie.len() - 1.., if cookie.ends_with('A') { "B" } else { "A" });
    let api = auth.api();
    for (name, headers) in [
        ("a session", request(Some(&cookie))),
        ("a tampered session", request(Some(&tampered))),
        ("no session", request(None)),
    ] {
        criterion.bench_function(&format!("get_session: {name}"), |bencher| {
            bencher.iter(|| api.get_session(black_box(&headers)).now_or_never());
        });
    }
    let headers = request(None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    criterion.bench_function("sign_in: a flow", |bencher| {
        let options = RedirectOptions::default();
        bencher.iter(|| runtime.block_on(api.sign_in(black_box(&headers), "bitbucket", options.clone())));
    });
}

criterion_group!(benches, sessions);
criterion_main!(benches);
