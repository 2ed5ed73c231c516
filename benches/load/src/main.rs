//! Signs people in through the whole flow, and then reads their sessions, as fast as the machine goes;
//! every answer is looked at. `aura-auth-load <the demo's URL> <its process> <seconds>`
#![allow(clippy::print_stdout, reason = "a command line talks to a person")]

mod person;

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use person::Person;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many sign in, or read, at once.
const AT_ONCE: u64 = 32;

/// What became of one kind of work.
struct Outcome {
    done: u64,
    failed: u64,
    /// Milliseconds, in order.
    took: Vec<f64>,
    seconds: f64,
}

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("say {what}"));
    let (url, process, seconds) = (next("the URL")?, next("the process")?, next("the seconds")?.parse()?);
    let lasts = Duration::from_secs(seconds);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;

    // Code and caches are warm after the first.
    Person::new(&http, &url, 0).sign_in().await?;
    let before = resident(&process)?;
    let number = Arc::new(AtomicU64::new(1));
    let sign_ins = repeat(lasts, || {
        let mut person = Person::new(&http, &url, number.fetch_add(1, Ordering::Relaxed));
        async move { person.sign_in().await }
    });
    let sign_ins = sign_ins.await;
    let after_sign_ins = resident(&process)?;

    let mut reader = Person::new(&http, &url, 0);
    reader.sign_in().await?;
    let reads = repeat(lasts, || {
        let reader = reader.clone();
        async move { reader.read().await }
    });
    let reads = reads.await;
    let after_reads = resident(&process)?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let at_rest = resident(&process)?;

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

/// Does the same thing over and over, so many at once, for a time.
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

/// The process's resident memory, in megabytes.
fn resident(process: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0)
}
