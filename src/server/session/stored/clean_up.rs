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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::SystemClock;
    use crate::server::jose::{KeyRing, SessionFormat};
    use crate::server::random::SystemRandom;
    use crate::server::store::{MemoryStore, SessionId, StoredSession, TokenHash};

    fn jose() -> Jose {
        let keys = KeyRing::derive(&"secret".into(), &[], &"salt".into()).unwrap();
        Jose::new(keys, SessionFormat::Sealed, Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    async fn with_expired(store: &dyn Store, count: u64, expired_at: i64) {
        for number in 0..count {
            let token = TokenHash::of(&number.to_string());
            let id = SessionId::from_bytes(u128::from(number).to_be_bytes());
            let session = StoredSession::new(id, token, "{ada}", 0, expired_at);
            assert!(store.create_session(&session, None).await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_process_deletes_expired_rows_in_batches_within_twenty_minutes() {
        let jose = jose();
        let kept = 24 * 60 * 60;
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        with_expired(&*store, 1_201, jose.now() - kept - 10).await;
        clean_up_regularly(&store, jose.clone(), kept);
        tokio::time::sleep(INTERVAL - Duration::from_secs(1)).await;
        assert!(store.session(&TokenHash::of("0")).await.unwrap().is_some(), "it waits for at least ten minutes");
        tokio::time::sleep(INTERVAL + Duration::from_secs(2)).await;
        assert_eq!(
            store.delete_expired(jose.now(), jose.now() - kept, 2_000).await.unwrap(),
            0,
            "all batches are gone"
        );
        // When the store is dropped, the task ends at its next turn.
        let weak = Arc::downgrade(&store);
        drop(store);
        assert!(weak.upgrade().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn rows_stay_for_the_time_that_they_are_kept() {
        let jose = jose();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        with_expired(&*store, 1, jose.now() - 3000).await;
        assert_eq!(delete_expired(&*store, jose.now(), 3600).await.unwrap(), 0);
        assert_eq!(delete_expired(&*store, jose.now(), 2000).await.unwrap(), 1);
    }
}
