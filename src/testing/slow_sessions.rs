use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::AuthBuilder;
use crate::server::{SessionError, SessionFuture, SessionRecord, SessionRequest, SessionSource};

/// Makes reading a session take `delay`, as a store on another machine does. The counter says how often a session
/// was read: a page must read it once at most, and an asset never.
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

/// How often a session was read.
#[derive(Clone, Debug, Default)]
pub struct SessionReads(Arc<AtomicUsize>);

impl SessionReads {
    /// The number of reads since the start.
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
