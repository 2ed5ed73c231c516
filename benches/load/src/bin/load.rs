//! Signs people in through the whole flow, and then reads their sessions, as fast as the machine can. Every response is
//! checked. Usage: `load <the program> <seconds>`
#![allow(clippy::print_stdout, reason = "a command line talks to a person")]

use std::future::Future;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aura_auth_load::{App, Ending, Person, Result, http_client, resident};

/// The number of sign-ins or reads at the same time.
const AT_ONCE: u64 = 32;

/// The number of sessions that are read in turn, so that no session reaches its rate limit.
const READERS: u64 = 100;

/// The result of one kind of work.
struct Outcome {
    done: u64,
    failed: u64,
    /// In milliseconds, sorted.
    took: Vec<f64>,
    seconds: f64,
}

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("say {what}"));
    let (program, seconds) = (next("the program")?, next("the seconds")?.parse()?);
    let lasts = Duration::from_secs(seconds);
    let app = App::start(
        Command::new(program)
            .args(["--port", "0", "--demo"])
            // Each person has an address of their own, so nobody reaches a rate limit.
            .env("AURA_AUTH_TRUSTED_PROXY_HEADERS", "true")
            .env("AURA_AUTH_PROVIDER_CALLS_PER_HOUR", "3600000")
            .env("RUST_LOG", "error"),
    )?;
    let url = app.url.clone();
    let http = http_client()?;

    // The first sign-in warms up code and caches.
    sign_in(Person::new(&http, &url, 0)).await?;
    let before = resident(app.id())?;
    let number = Arc::new(AtomicU64::new(1));
    let sign_ins = repeat(lasts, || {
        let person = Person::new(&http, &url, number.fetch_add(1, Ordering::Relaxed));
        async move { sign_in(person).await.map(|_| ()) }
    });
    let sign_ins = sign_ins.await;
    let after_sign_ins = resident(app.id())?;

    let mut readers = Vec::new();
    for number in 0..READERS {
        readers.push(sign_in(Person::new(&http, &url, number)).await?);
    }
    let turn = AtomicU64::new(0);
    let reads = repeat(lasts, || {
        let turn = turn.fetch_add(1, Ordering::Relaxed) % READERS;
        let reader = usize::try_from(turn).ok().and_then(|turn| readers.get(turn).cloned());
        async move { reader.ok_or("nobody reads")?.read().await }
    });
    let reads = reads.await;
    let after_reads = resident(app.id())?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let at_rest = resident(app.id())?;

    println!("| | a second | p50 | p99 | failed |");
    println!("|---|---|---|---|---|");
    print("sign-ins, whole flow", &sign_ins);
    print("`GET /auth/session`", &reads);
    println!();
    println!(
        "Resident memory, MB: {before:.1} before, {after_sign_ins:.1} after {} sign-ins, {after_reads:.1} after {} reads, \
         {at_rest:.1} five seconds later.",
        sign_ins.done, reads.done
    );
    let failed = sign_ins.failed + reads.failed;
    if failed == 0 { Ok(()) } else { Err(format!("{failed} failed").into()) }
}

async fn sign_in(mut person: Person) -> Result<Person> {
    match person.sign_in().await? {
        Ending::SignedIn => Ok(person),
        other => Err(format!("{other:?}").into()),
    }
}

/// Repeats `work`, [`AT_ONCE`] at a time, for the given duration.
async fn repeat<F>(lasts: Duration, work: impl Fn() -> F) -> Outcome
where
    F: Future<Output = Result> + Send + 'static,
{
    let start = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let timed = |work: F| async move {
        let start = Instant::now();
        let result = work.await;
        (start.elapsed(), result)
    };
    for _ in 0..AT_ONCE {
        running.spawn(timed(work()));
    }
    let mut outcome = Outcome { done: 0, failed: 0, took: Vec::new(), seconds: 0.0 };
    while let Some(finished) = running.join_next().await {
        match finished {
            Ok((took, Ok(()))) => {
                outcome.done += 1;
                outcome.took.push(took.as_secs_f64() * 1000.0);
            }
            Ok((_, Err(error))) => {
                outcome.failed += 1;
                if outcome.failed <= 3 {
                    println!("failed: {error}");
                }
            }
            Err(_) => outcome.failed += 1,
        }
        if start.elapsed() < lasts {
            running.spawn(timed(work()));
        }
    }
    outcome.seconds = start.elapsed().as_secs_f64();
    outcome.took.sort_by(f64::total_cmp);
    outcome
}

fn print(what: &str, outcome: &Outcome) {
    #[expect(clippy::cast_precision_loss, reason = "what was done in some seconds")]
    let a_second = outcome.done as f64 / outcome.seconds;
    let share = |percent: usize| outcome.took.get(outcome.took.len() * percent / 100).copied().unwrap_or_default();
    let (half, most) = (share(50), share(99));
    println!("| {what} | {a_second:.0} | {half:.1} ms | {most:.1} ms | {} |", outcome.failed);
}
