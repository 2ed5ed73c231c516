#![allow(clippy::expect_used, clippy::panic, reason = "the suite is for tests, and panics if a store breaks a rule")]

mod fixtures;
mod odd_data;
mod sessions;
mod short_lived;
mod tokens;
mod users;

use crate::store::Store;

/// Checks that a [`Store`] keeps the rules of the trait. Call it in a test of your own store, on a runtime of Tokio with
/// several threads, so that requests really run at the same time.
///
/// `new` must return an empty store at each call. Stores that it returned earlier are not used any more.
///
/// # Panics
///
/// If the store fails, or breaks a rule. The message is the rule.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use aura_auth::store::MemoryStore;
/// use aura_auth::testing::store_suite;
///
/// store_suite(async || MemoryStore::default()).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn store_suite<S: Store>(new: impl AsyncFn() -> S) {
    sessions::check(&new().await).await;
    sessions::check_deletion(&new().await).await;
    users::check(new().await).await;
    tokens::check(new().await).await;
    short_lived::check(new().await).await;
    short_lived::check_deletion(&new().await).await;
    odd_data::check(&new().await).await;
}
