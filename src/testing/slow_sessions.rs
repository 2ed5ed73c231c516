use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::AuthBuilder;
use crate::server::{SessionError, SessionFuture, SessionRecord, SessionRequest, SessionSource};

/// Delays each read of a session by `delay`, like a session store on another machine. The returned counter counts the
/// reads: a page must read the session at most once, and an asset must never read it.
///
/// ```
/// use std::time::Duration;
/// use aura_auth::{Auth, testing::slow_sessions};
///
/// let (builder, reads) = slow_sessions(Auth::builder().oauth(["bitbucket"]), Duration::from_millis(50));
/// assert_eq!(reads.count(), 0);
/// # let _ = builder;
/// ```
pub fn slow_sessions(builder: AuthBuilder, delay: Duration) -> (AuthBuilder, SessionReads) {
    let reads = SessionReads::default();
    let counted = reads.clone();
    let wrap = move |inner| Arc::new(SlowSessions { inner, delay, reads: counted }) as Arc<dyn SessionSource>;
    (builder.wrap_sessions(Box::new(wrap)), reads)
}

/// Counts how often a session was read.
#[derive(Clone, Debug, Default)]
pub struct SessionReads(Arc<AtomicUsize>);

impl SessionReads {
    /// Returns the number of reads since the start.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

struct SlowSessions {
    inner: Arc<dyn SessionSource>,
    delay: Duration,
    reads: SessionReads,
}

impl SessionSource for SlowSessions {
    fn takes_time(&self) -> bool {
        true
    }

    fn read<'a>(&'a self, request: SessionRequest<'a>) -> SessionFuture<'a> {
        Box::pin(async move {
            tokio::time::sleep(self.delay).await;
            self.read_now(request)
        })
    }

    fn read_now(&self, request: SessionRequest<'_>) -> Result<SessionRecord, SessionError> {
        self.reads.0.fetch_add(1, Ordering::Relaxed);
        self.inner.read_now(request)
    }
}
