use aura_auth::store::MemoryStore;
use aura_auth::testing::store_suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_keeps_the_rules() {
    store_suite(async || MemoryStore::default()).await;
}
