use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::select;

use crate::leptos::server_functions::sleep;

/// How long a request may hold up the next one: longer than it may take. A task that died does not
/// say that it has ended.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// Requests that change the session are sent one by one, so that their answers arrive in order.
#[derive(Default)]
pub(super) struct MutationQueue(RefCell<Option<oneshot::Receiver<()>>>);

/// The turn of one request; dropped, it is the next one's.
pub(in crate::leptos) struct Turn(#[expect(dead_code, reason = "its drop is the message")] oneshot::Sender<()>);

impl MutationQueue {
    /// Enters the queue at once; the turn comes when those before are through.
    pub(super) fn enter(&self) -> impl Future<Output = Turn> + use<> {
        let (turn, ended) = oneshot::channel();
        let before = self.0.replace(Some(ended));
        async move {
            if let Some(before) = before {
                select(before, Box::pin(sleep(MAX_WAIT))).await;
            }
            Turn(turn)
        }
    }
}
