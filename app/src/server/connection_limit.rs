//! Limits the number of open connections. Each connection is an open file, and a process that reaches its limit of open
//! files can't accept connections or send requests.

use std::io;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The number of files that the program opens in addition to connections, with some reserve.
const OTHER_FILES: u64 = 24;

/// A limit of connections. Each connection holds a permit.
#[derive(Clone)]
pub(super) struct ConnectionLimit {
    permits: Arc<Semaphore>,
    max: usize,
}

impl ConnectionLimit {
    /// Allows half of the process's open files: a request may need a second file, for its connection to the provider.
    pub(super) fn of_process() -> io::Result<Self> {
        let max = (max_files()?.saturating_sub(OTHER_FILES) / 2).max(1);
        let max = usize::try_from(max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Ok(Self { permits: Arc::new(Semaphore::new(max)), max })
    }

    /// Waits until one more connection is allowed.
    pub(super) async fn acquire(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.permits).acquire_owned().await {
            Ok(permit) => permit,
            // The semaphore is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether more than half of the permits are in use. Then each connection ends after its response, so that the next
    /// client does not wait until an idle connection times out.
    pub(super) fn is_nearly_reached(&self) -> bool {
        self.permits.available_permits() < self.max / 2
    }

    /// Waits until all connections have ended.
    pub(super) async fn all_released(&self) {
        let all = u32::try_from(self.max).unwrap_or(u32::MAX);
        let _ = self.permits.acquire_many(all).await;
    }
}

/// Raises the process's limit of open files to the maximum, and returns it.
#[cfg(unix)]
fn max_files() -> io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn max_files() -> io::Result<u64> {
    Ok(u64::MAX)
}
