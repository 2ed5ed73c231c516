use std::time::{Duration, Instant};

use aura_auth::store::{EndReason, PostgresOptions, PostgresStore, SessionId, Store, StoredSession, TokenHash};
use aura_auth::testing::store_suite;
use tokio::task::JoinSet;

use crate::postgres_cluster::PostgresCluster;
use crate::session_attacks::session_attacks;
use crate::three_processes::Processes;

/// Between the limit of one second that a test sets, and the default of five.
const BEFORE_DEFAULT_LIMIT: Duration = Duration::from_secs(4);

fn session(number: u128) -> StoredSession {
    let token = TokenHash::of(&number.to_string());
    StoredSession::new(SessionId::from_bytes(number.to_be_bytes()), token, "{ada}", 1000, 5000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_postgres_store_keeps_the_rules() {
    let Some(cluster) = PostgresCluster::start() else { return };
    store_suite(async || PostgresStore::connect(&cluster.database().await).await.unwrap()).await;
}

/// PgBouncer before version 1.21 does not follow named statements. A statement without a name is prepared and run in two
/// exchanges of messages, so without a transaction they reach different connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_postgres_store_keeps_the_rules_behind_a_pooler_in_transaction_mode() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let Some(port) = cluster.pooler() else { return };
    store_suite(async || {
        let url = format!("{}&port={port}", cluster.database().await);
        PostgresOptions::default().pooler_in_transaction_mode().connect(&url).await.unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_servers_that_start_at_once_create_the_tables_once() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let url = cluster.database().await;
    let mut tasks = JoinSet::new();
    for number in 0..10 {
        let url = url.clone();
        tasks.spawn(async move {
            let store = PostgresOptions::default().max_connections(2).connect(&url).await.unwrap();
            assert!(store.create_session(&session(number), None).await.unwrap());
            store
        });
    }
    let stores = tasks.join_all().await;
    assert_eq!(stores[0].sessions_of("{ada}", 1000).await.unwrap().len(), 10);
    // All delete at once, and none waits for another one or deletes more than its part.
    let mut tasks = JoinSet::new();
    for store in stores {
        tasks.spawn(async move { store.delete_expired(9000, 9000, 3).await.unwrap() });
    }
    let deleted = tasks.join_all().await;
    assert!(deleted.iter().all(|deleted| *deleted <= 3), "{deleted:?}");
    let store = PostgresStore::connect(&url).await.unwrap();
    let mut sum: u64 = deleted.iter().sum();
    while let more @ 1.. = store.delete_expired(9000, 9000, 3).await.unwrap() {
        sum += more;
    }
    assert_eq!(sum, 10);
}

#[tokio::test]
async fn the_printed_sql_creates_the_tables_any_number_of_times_and_the_app_needs_no_right_to() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let url = cluster.database().await;
    let error = PostgresOptions::default().migrate(false).connect(&url).await.unwrap_err().to_string();
    assert!(error.contains("PostgresStore::migrations()"), "{error}");
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    for _ in 0..2 {
        sqlx::raw_sql(sqlx::AssertSqlSafe(PostgresStore::migrations())).execute(&pool).await.unwrap();
    }
    let grants = "CREATE USER app; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app";
    sqlx::raw_sql(grants).execute(&pool).await.unwrap();
    let store = PostgresStore::connect(&url.replace("user=postgres", "user=app")).await.unwrap();
    assert!(store.create_session(&session(1), Some(3)).await.unwrap());
    store.put_tokens(session(1).id, "bitbucket", b"sealed", None).await.unwrap().unwrap();
    assert!(store.end_session(session(1).id, EndReason::UserLogout, 1000).await.unwrap());
    store.delete_expired(9000, 9000, 10).await.unwrap();
    let of_the_app = PostgresStore::from_pool(pool).await.unwrap();
    assert!(of_the_app.create_session(&session(2), None).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_slow_or_down_fails_in_time_and_works_again_by_itself() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let url = cluster.database().await;
    let limit = Duration::from_secs(1);
    let store = PostgresOptions::default().time_limit(limit).connect(&url).await.unwrap();
    assert!(store.create_session(&session(1), None).await.unwrap());

    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE aura_auth_sessions").execute(&mut *lock).await.unwrap();
    let start = Instant::now();
    assert!(store.session(&session(1).token).await.is_err(), "a session is not missing because the database is slow");
    assert!(start.elapsed() < BEFORE_DEFAULT_LIMIT, "{:?}", start.elapsed());
    lock.rollback().await.unwrap();
    assert_eq!(store.session(&session(1).token).await.unwrap(), Some(session(1)));

    cluster.control("stop");
    let start = Instant::now();
    assert!(store.session(&session(1).token).await.is_err(), "a session is not missing because the database is down");
    assert!(store.check().await.is_err());
    assert!(start.elapsed() < 2 * BEFORE_DEFAULT_LIMIT, "{:?}", start.elapsed());
    cluster.control("start");
    while store.check().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the store works again by itself");
        tokio::task::yield_now().await;
    }
    assert_eq!(store.session(&session(1).token).await.unwrap(), Some(session(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_in_postgres_withstand_the_attacks_on_sessions() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let store = PostgresStore::connect(&cluster.database().await).await.unwrap();
    session_attacks(|builder| builder.store(store.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_at_three_servers_with_one_postgres_cause_one_refresh() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let url = cluster.database().await;
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(PostgresStore::connect(&url).await.unwrap());
    }
    let stores: [PostgresStore; 3] = stores.try_into().unwrap_or_else(|_| unreachable!());
    Processes::start(stores).await.fifty_requests_cause_one_refresh().await;
}
