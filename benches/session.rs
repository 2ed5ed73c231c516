//! What every request pays: reading a session, and refusing what is none.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use aura_auth::testing::session_cookie;
use aura_auth::{Auth, SessionConfig, SessionMode, SignInOptions, User};
use axum::http::HeaderMap;
use criterion::{Criterion, criterion_group, criterion_main};

fn auth(mode: SessionMode) -> Auth {
    Auth::builder()
        .session(SessionConfig::default().mode(mode))
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
        .build()
        .unwrap()
}

fn request(cookie: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", "localhost:3000".parse().unwrap());
    if let Some(cookie) = cookie {
        headers.insert("cookie", cookie.parse().unwrap());
    }
    headers
}

fn sessions(criterion: &mut Criterion) {
    let user = User {
        sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}".into(),
        name: Some("Ada Lovelace".into()),
        image: Some("https://bitbucket.org/account/ada/avatar/".into()),
        email: Some("ada@example.org".into()),
        ..User::default()
    };
    for mode in [SessionMode::Signed, SessionMode::Encrypted] {
        let auth = auth(mode);
        let headers = request(Some(&session_cookie(&auth, user.clone()).unwrap()));
        criterion.bench_function(&format!("get_session: {mode:?}"), |bencher| {
            bencher.iter(|| auth.api().get_session(black_box(&headers)));
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
            bencher.iter(|| api.get_session(black_box(&headers)));
        });
    }
    let headers = request(None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    criterion.bench_function("sign_in: a flow", |bencher| {
        let options = SignInOptions::default();
        bencher.iter(|| runtime.block_on(api.sign_in(black_box(&headers), "bitbucket", &options)));
    });
}

criterion_group!(benches, sessions);
criterion_main!(benches);
