use std::sync::Arc;

use tokio::task::JoinSet;

use crate::store::{SessionId, Store, StoreError, StoreFuture, StoredSession, TokenHash};

/// The time at which most of the suite takes place.
pub(super) const NOW: i64 = 1_800_000_000;

/// Returns the session with this number, signed in at `NOW`, alive for an hour.
pub(super) fn session(number: u128, user: &str) -> StoredSession {
    let token = TokenHash::of(&format!("token {number}"));
    StoredSession::new(SessionId::from_bytes(number.to_be_bytes()), token, user, NOW, NOW + 3600)
}

/// Reads a session that must be there.
pub(super) async fn read(store: &impl Store, session: &StoredSession) -> StoredSession {
    let stored = store.session(&session.token).await.expect("the store answers");
    stored.expect("a session that was created can be read by the hash of its token")
}

/// Calls a function of the store `times` times at once, and returns all results.
pub(super) async fn at_once<S: Store, T: Send + 'static>(
    store: &Arc<S>,
    times: u128,
    call: impl Fn(Arc<S>, u128) -> OwnedFuture<T>,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..times {
        tasks.spawn(call(Arc::clone(store), number));
    }
    let results = tasks.join_all().await;
    results.into_iter().map(|result| result.expect("the store answers")).collect()
}

pub(super) type OwnedFuture<T> = StoreFuture<'static, T>;

/// Returns the future of an `async` block with its own store.
pub(super) fn owned<T>(future: impl Future<Output = Result<T, StoreError>> + Send + 'static) -> OwnedFuture<T> {
    StoreFuture::new(future)
}
