//! Measures whether the time of a rejection reveals how much of a forged token is right. Compares forgeries that are
//! wrong in the first byte with those that are wrong in the last, by Welch's t-test. If |t| is more than 4.5 (the limit
//! of dudect), the time reveals it.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]
#![allow(dead_code, reason = "not all of the support is needed")]

mod support;

use std::hint::black_box;
use std::time::Instant;

use serde_json::json;
use support::builder;

/// How often each of the two forgeries is rejected.
const TIMES: usize = 300_000;

fn main() {
    let auth = builder().build().unwrap();
    let jose = auth.jose();
    let payload = json!({ "token": "x".repeat(200) });
    let (signed, sealed) = (jose.sign_jws(&payload).unwrap(), jose.encode_jwt(&payload).unwrap());
    println!("| compared | first, ns | last, ns | t |");
    println!("|---|---|---|---|");
    // The first row must show a difference, and the second one must not. They check the measurement itself.
    let secret = "x".repeat(4096);
    let (first, last) = (format!("y{}", &secret[1..]), format!("{}y", &secret[1..]));
    let byte_by_byte = |guess: &str| secret.bytes().zip(guess.bytes()).all(|(a, b)| black_box(a) == b);
    report("byte by byte, which tells", &first, &last, byte_by_byte);
    let (first, last) = (wrong_at(&signed, true), wrong_at(&signed, false));
    report("the same signature twice", &first, &first, |token| jose.verify_jws(token).is_ok());
    report("a signature", &first, &last, |token| jose.verify_jws(token).is_ok());
    let (first, last) = (wrong_at(&sealed, true), wrong_at(&sealed, false));
    report("a tag", &first, &last, |token| jose.decode_jwt(token).is_ok());
}

/// Returns the token with its last part changed, in its first or in its last whole character.
fn wrong_at(token: &str, first: bool) -> String {
    let start = token.rfind('.').unwrap() + 1;
    // The last character has unused bits, which must be zero.
    let at = if first { start } else { token.len() - 2 };
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

fn report(what: &str, first: &str, last: &str, accepts: impl Fn(&str) -> bool) {
    let mut times = [Vec::with_capacity(TIMES), Vec::with_capacity(TIMES)];
    let (mut turn, mut guess) = (1_u64, String::with_capacity(first.len()));
    for _ in 0..2 * TIMES {
        // The order is pseudorandom (xorshift), so that the processor can't predict it.
        turn ^= turn << 13;
        turn ^= turn >> 7;
        turn ^= turn << 17;
        let class = usize::from(turn & 1 == 1);
        // The guess is always at the same address, because the time depends on the address too.
        guess.clear();
        guess.push_str(if class == 0 { first } else { last });
        let start = Instant::now();
        let accepted = accepts(black_box(&guess));
        let took = start.elapsed().as_nanos() as f64;
        assert!(!accepted, "{what}");
        times[class].push(took);
    }
    let [(first, first_error), (last, last_error)] = times.map(mean);
    let t = (first - last) / (first_error + last_error).sqrt();
    println!("| {what} | {first:.1} | {last:.1} | {t:.1} |");
}

/// Returns the mean and its squared error, without the slowest tenth, which is caused by the machine.
fn mean(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    times.truncate(times.len() / 10 * 9);
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance / count)
}
