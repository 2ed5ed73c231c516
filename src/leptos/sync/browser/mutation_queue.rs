use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::select;

use crate::leptos::server_functions::sleep;

/// The maximum time that a request waits for the previous one. It is longer than the time limit of a request (15 s),
/// and is needed because a dropped task may never release its permit.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// Sends requests that change the session one after the other, so that their answers arrive in order.
#[derive(Default)]
pub(super) struct MutationQueue(RefCell<Option<oneshot::Receiver<()>>>);

/// Allows one request. When it is dropped, the next request may be sent.
pub(in crate::leptos) struct MutationPermit(
    #[expect(dead_code, reason = "its drop is the message")] oneshot::Sender<()>,
);

impl MutationQueue {
    /// Enters the queue at once. The future resolves when the earlier requests have ended.
    pub(super) fn enter(&self) -> impl Future<Output = MutationPermit> + use<> {
        let (permit, ended) = oneshot::channel();
        let before = self.0.replace(Some(ended));
        async move {
            if let Some(before) = before {
                select(before, Box::pin(sleep(MAX_WAIT))).await;
            }
            MutationPermit(permit)
        }
    }
}
