//! How often memory is asked for while a session is opened and sealed, and how much of it.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use allocation_counter::measure;
use aura_auth::testing::session_cookie;
use aura_auth::{Auth, User};
use axum::http::HeaderMap;
use serde_json::{Map, Value};

fn main() {
    let auth = Auth::builder()
        .environment::<&str, &str>([])
        .secret("Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=")
        .salt("Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1=")
        .base_url("http://localhost:3000")
        .oauth([aura_auth::oauth::bitbucket().client_id("key").client_secret("secret")])
        .build()
        .unwrap();
    let user = User {
        sub: "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}".into(),
        name: Some("Ada Lovelace".into()),
        image: Some("https://bitbucket.org/account/ada/avatar/".into()),
        email: Some("ada@example.org".into()),
        ..User::default()
    };
    let cookie = session_cookie(&auth, user.clone()).unwrap();
    let json = serde_json::to_vec(&auth.jose().decode_jwt(cookie.split_once('=').unwrap().1).unwrap()).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("cookie", cookie.parse().unwrap());
    let api = auth.api();
    // What is made once has been made then.
    drop(api.get_session(&headers));

    let floor = measure(|| drop(serde_json::from_slice::<Map<String, Value>>(&json).unwrap()));
    let open = measure(|| drop(api.get_session(&headers)));
    let seal = measure(|| drop(session_cookie(&auth, user).unwrap()));
    println!("| | allocations | bytes |");
    println!("|---|---|---|");
    for (what, found) in [("the claims' JSON alone, into a map", floor), ("opening", open), ("sealing", seal)] {
        println!("| {what} | {} | {} |", found.count_total, found.bytes_total);
    }
}
