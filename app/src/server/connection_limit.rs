//! How many connections the server has at once. Each is an open file, and a process without files answers nobody.

use std::io;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the program opens beside connections, and some more.
const OTHER_FILES: u64 = 24;

/// A limit of connections, each of which holds a permit.
#[derive(Clone)]
pub(super) struct ConnectionLimit {
    permits: Arc<Semaphore>,
    max: usize,
}

impl ConnectionLimit {
    /// Half of the files that the system gives: a request may need a second one, to ask the provider.
    pub(super) fn of_process() -> io::Result<Self> {
        let max = (max_files()?.saturating_sub(OTHER_FILES) / 2).max(1);
        let max = usize::try_from(max).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Ok(Self { permits: Arc::new(Semaphore::new(max)), max })
    }

    /// Waits until there may be one more.
    pub(super) async fn acquire(&self) -> OwnedSemaphorePermit {
        match Arc::clone(&self.permits).acquire_owned().await {
            Ok(permit) => permit,
            // Nobody closes it.
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether connections had better end with their request, so that the next client need not wait until one
    /// has been idle for too long.
    pub(super) fn is_nearly_reached(&self) -> bool {
        self.permits.available_permits() < self.max / 2
    }

    /// Waits until there is no connection.
    pub(super) async fn all_released(&self) {
        let all = u32::try_from(self.max).unwrap_or(u32::MAX);
        let _ = self.permits.acquire_many(all).await;
    }
}

/// How many files the process may open: as many as it may allow itself.
#[cfg(unix)]
fn max_files() -> io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn max_files() -> io::Result<u64> {
    Ok(u64::MAX)
}
