use std::time::Duration;

use crate::server::store::{StoreError, StoreFuture};

/// The time in which a database must answer, if the app does not set another one. A request waits this long at most
/// before it is answered with 503.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Waits for work on a database, including the wait for a connection, until the time is up.
pub(super) fn within<'a, T: 'a>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a,
) -> StoreFuture<'a, T> {
    StoreFuture::new(async move {
        match tokio::time::timeout(limit, work).await {
            Ok(result) => result.map_err(StoreError::new),
            Err(_) => Err(StoreError::new(format!("the database did not answer within {limit:?}"))),
        }
    })
}
