use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

/// Holds the requests to an endpoint of a stand-in until the gate is released or dropped.
/// [`ProviderStandIn::hold`](crate::testing::stand_in::ProviderStandIn::hold) returns one.
#[derive(Debug)]
#[must_use = "a gate that is dropped is open"]
pub struct Gate {
    arrivals: Arc<Semaphore>,
    /// Nothing is ever sent. When the sender is dropped, the waiting requests continue.
    _closed: watch::Sender<()>,
}

impl Gate {
    /// Waits until a request arrives at the gate. Each call waits for one more request: after three calls, at least
    /// three requests have arrived.
    pub async fn arrived(&self) {
        if let Ok(arrival) = self.arrivals.acquire().await {
            arrival.forget();
        }
    }

    /// Lets all requests continue: those at the gate and all later ones. Dropping the gate does the same.
    pub fn release(self) {}
}

/// The stand-in's side of a gate.
#[derive(Clone)]
pub(super) struct Barrier {
    arrivals: Arc<Semaphore>,
    closed: watch::Receiver<()>,
}

impl Barrier {
    /// Reports that a request has arrived, and waits for the release.
    pub(super) async fn pass(mut self) {
        self.arrivals.add_permits(1);
        while self.closed.changed().await.is_ok() {}
    }
}

pub(super) fn gate() -> (Gate, Barrier) {
    let arrivals = Arc::new(Semaphore::new(0));
    let (sender, closed) = watch::channel(());
    (Gate { arrivals: Arc::clone(&arrivals), _closed: sender }, Barrier { arrivals, closed })
}
