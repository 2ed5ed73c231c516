//! Tools that put the events of a test in order, without waiting for a fixed time.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use tokio::sync::{Notify, Semaphore};

/// A point at which a hook or a page waits until the test releases it.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<(Notify, Notify)>);

impl Stop {
    pub(crate) async fn pass(&self) {
        self.0.0.notify_one();
        self.0.1.notified().await;
    }

    /// Waits until the hook or page has reached this point.
    pub(crate) async fn arrived(&self) {
        self.0.0.notified().await;
    }

    pub(crate) fn release(&self) {
        self.0.1.notify_one();
    }
}

/// Counts the requests for a path that have begun and that have ended. A request ends with its response, or when the
/// browser cancels it.
#[derive(Clone)]
pub(crate) struct Visits {
    path: &'static str,
    begun: Arc<Semaphore>,
    ended: Arc<Semaphore>,
}

impl Visits {
    pub(crate) fn of(path: &'static str) -> Self {
        Self { path, begun: Arc::new(Semaphore::new(0)), ended: Arc::new(Semaphore::new(0)) }
    }

    /// Returns the router with a layer that counts its requests.
    pub(crate) fn count(&self, router: Router) -> Router {
        let visits = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let visit = (request.uri().path() == visits.path).then(|| {
                visits.begun.add_permits(1);
                Visit(Arc::clone(&visits.ended))
            });
            async move {
                let response = next.run(request).await;
                drop(visit);
                response
            }
        }))
    }

    /// Waits until this many more requests have begun.
    pub(crate) async fn begun(&self, requests: u32) {
        self.begun.acquire_many(requests).await.unwrap().forget();
    }

    /// Waits until one more request has ended.
    pub(crate) async fn ended(&self) {
        self.ended.acquire().await.unwrap().forget();
    }
}

struct Visit(Arc<Semaphore>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}
