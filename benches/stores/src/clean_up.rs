use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aura_auth::store::Store as _;
use futures::future::try_join_all;

use crate::Result;
use crate::database::{Database, now};
use crate::growth::SIZES;
use crate::reads::{Reader, percentiles};

/// The rows that one call deletes, and the pause between two calls, as the library has them.
const BATCH: u32 = 500;
const PAUSE: Duration = Duration::from_millis(100);
/// How many read at once, and how long each waits before it reads again. They must not keep the machine busy, or the
/// times would be those of a queue.
const READERS: u64 = 4;
const READ_PAUSE: Duration = Duration::from_millis(5);
/// How long reads are measured without a clean-up, before and after.
const UNDISTURBED: Duration = Duration::from_secs(30);

/// The slowest read that is accepted.
const LIMIT: Duration = Duration::from_millis(50);

/// Deletes expired sessions while others are read: first `rows`, and then a fifth of them in other ways.
pub(crate) async fn clean_up(database: &Database, rows: u64) -> Result {
    let alive = SIZES[SIZES.len() - 1];
    measured(database, "nothing", async {
        tokio::time::sleep(UNDISTURBED).await;
        Ok(0)
    })
    .await?;
    for (rows, batch, pause) in [(rows, BATCH, PAUSE), (rows / 5, BATCH, Duration::ZERO), (rows / 5, 5_000, PAUSE)] {
        database.fill(alive..alive + rows, -3600).await?;
        let what = format!("{rows} rows, {batch} at once, {} ms between", pause.as_millis());
        measured(database, &what, delete(database, batch, pause)).await?;
    }
    measured(database, "nothing", async {
        tokio::time::sleep(UNDISTURBED).await;
        Ok(0)
    })
    .await
}

/// Deletes all expired rows. Returns how many.
async fn delete(database: &Database, batch: u32, pause: Duration) -> Result<u64> {
    let now = now()?;
    let mut deleted = 0;
    loop {
        let rows = database.store.delete_expired(now, now, batch).await?;
        deleted += rows;
        if rows < u64::from(batch) {
            return Ok(deleted);
        }
        tokio::time::sleep(pause).await;
    }
}

/// Reads sessions until `work` ends, and prints the times of the reads.
async fn measured(database: &Database, what: &str, work: impl Future<Output = Result<u64>>) -> Result {
    let ended = Arc::new(AtomicBool::new(false));
    let readers = (0..READERS).map(|seed| {
        let reader = Reader::new(database, SIZES[SIZES.len() - 1], seed);
        let ended = Arc::clone(&ended);
        tokio::spawn(async move {
            let (mut reader, mut times) = (reader?, Vec::new());
            while !ended.load(Ordering::Relaxed) {
                times.push(reader.read().await?);
                tokio::time::sleep(READ_PAUSE).await;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
        })
    });
    let readers: Vec<_> = readers.collect();
    let latest = tokio::spawn(latest_timer(Arc::clone(&ended)));
    let start = Instant::now();
    let deleted = work.await;
    let took = start.elapsed().as_secs_f32();
    ended.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for reader in try_join_all(readers).await? {
        times.extend(reader?);
    }
    let (name, deleted, reads) = (database.name(), deleted?, times.len());
    let over = times.iter().filter(|time| **time > LIMIT).count();
    let (times, late) = (percentiles(times), latest.await?.as_millis());
    println!("| {name} | {what} | {deleted} | {took:.0} s | {reads} | {times} | {over} | {late} ms |");
    Ok(())
}

/// Returns how late a timer was at most, until the work ends. No database is involved in this, so it shows how long the
/// machine kept the process waiting.
async fn latest_timer(ended: Arc<AtomicBool>) -> Duration {
    let mut latest = Duration::ZERO;
    while !ended.load(Ordering::Relaxed) {
        let start = Instant::now();
        tokio::time::sleep(READ_PAUSE).await;
        latest = latest.max(start.elapsed().saturating_sub(READ_PAUSE));
    }
    latest
}
