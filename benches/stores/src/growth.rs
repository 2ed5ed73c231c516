use std::time::Instant;

use crate::Result;
use crate::database::Database;
use crate::reads::{Reader, percentiles};

/// How many sessions the database has, one after another.
pub(crate) const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const READS: usize = 20_000;
/// How long a session lives, in seconds: longer than the measurement.
const LIFETIME: i64 = 30 * 24 * 60 * 60;

/// Reads sessions, one after another, among more and more of them.
pub(crate) async fn growth(database: &Database) -> Result {
    let mut filled = 0;
    for size in SIZES {
        let start = Instant::now();
        database.fill(filled..size, LIFETIME).await?;
        filled = size;
        let fill = start.elapsed().as_secs_f32();
        let mut reader = Reader::new(database, size, size)?;
        for _ in 0..READS / 10 {
            reader.read().await?;
        }
        let before = (database.store.statements(), database.statements().await?);
        let mut times = Vec::with_capacity(READS);
        for _ in 0..READS {
            times.push(reader.read().await?);
        }
        let reads = READS as f64;
        let calls = (database.store.statements() - before.0) as f64 / reads;
        let after = database.statements().await?;
        let statements = after.zip(before.1).map(|(after, before)| (after - before) as f64 / reads);
        let statements = statements.map_or_else(|| format!("{calls:.2}"), |statements| format!("{statements:.2}"));
        println!("| {} | {size} | {} | {statements} | {fill:.0} s |", database.name(), percentiles(times));
    }
    Ok(())
}
