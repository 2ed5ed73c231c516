//! Counts the allocations for opening and sealing a session, and their bytes.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

mod support;

use allocation_counter::measure;
use aura_auth::testing::session_cookie;
use futures::FutureExt as _;
use serde_json::{Map, Value};
use support::{ada, builder, request};

fn main() {
    let (auth, user) = (builder().build().unwrap(), ada());
    let cookie = session_cookie(&auth, user.clone()).unwrap();
    let json =
        serde_json::to_vec(&auth.jose().compatible().decode_jwt(cookie.split_once('=').unwrap().1).unwrap()).unwrap();
    let headers = request(Some(&cookie));
    let api = auth.api();
    // This does the work that is done only once.
    drop(api.get_session(&headers).now_or_never());

    let floor = measure(|| drop(serde_json::from_slice::<Map<String, Value>>(&json).unwrap()));
    let open = measure(|| drop(api.get_session(&headers).now_or_never()));
    let seal = measure(|| drop(session_cookie(&auth, user).unwrap()));
    println!("| | allocations | bytes |");
    println!("|---|---|---|");
    for (what, found) in [("the claims' JSON alone, into a map", floor), ("opening", open), ("sealing", seal)] {
        println!("| {what} | {} | {} |", found.count_total, found.bytes_total);
    }
}
