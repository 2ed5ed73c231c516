use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::server::jose::Jose;
use crate::server::store::{Store, StoreError};

/// The shortest time between two clean-ups of a process. The longest is twice that, so that processes that start
/// together do not clean up together.
const INTERVAL: Duration = Duration::from_secs(600);
/// The most rows of a kind that one statement deletes. It must not keep a session's write waiting for long.
const BATCH: u32 = 500;
/// The pause between two batches.
const PAUSE: Duration = Duration::from_millis(100);

/// Deletes rows that are not needed any more: what expired, and sessions that ended or expired more than
/// `kept_seconds` ago. Returns how many rows it deleted.
pub(super) async fn delete_expired(store: &dyn Store, now: i64, kept_seconds: i64) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let batch = store.delete_expired(now, now - kept_seconds, BATCH).await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            return Ok(deleted);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Cleans up from time to time, as long as the store is used elsewhere.
pub(super) fn clean_up_regularly(store: &Arc<dyn Store>, jose: Jose, kept_seconds: i64) {
    let store: Weak<dyn Store> = Arc::downgrade(store);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(jittered(INTERVAL, &jose)).await;
            let Some(store) = store.upgrade() else { return };
            match delete_expired(&*store, jose.now(), kept_seconds).await {
                Ok(rows) => tracing::debug!(rows, "expired rows were deleted from the session store"),
                Err(error) => tracing::warn!(%error, "expired rows could not be deleted from the session store"),
            }
        }
    });
}

/// Returns a time between `interval` and twice that.
fn jittered(interval: Duration, jose: &Jose) -> Duration {
    let mut byte = [0; 1];
    // Without randomness, processes only clean up at the same time.
    let _ = jose.random().fill(&mut byte);
    interval + interval * u32::from(byte[0]) / 255
}
