use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aura_auth::store::{EndReason, SessionId, SqliteOptions, SqliteStore, Store, StoredSession, TokenHash};
use aura_auth::testing::store_suite;
use tokio::task::JoinSet;

use crate::session_attacks::session_attacks;
use crate::three_processes::Processes;

/// Between the limit of one second that a test sets, and the default: SQLite waits for four of its five seconds.
const BEFORE_DEFAULT_LIMIT: Duration = Duration::from_millis(3900);

/// A folder that is deleted at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("aura-auth-sqlite-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("aura.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn session(number: u128) -> StoredSession {
    let token = TokenHash::of(&number.to_string());
    StoredSession::new(SessionId::from_bytes(number.to_be_bytes()), token, "{ada}", 1000, 5000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sqlite_store_keeps_the_rules_in_memory() {
    store_suite(async || SqliteStore::open(":memory:").await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sqlite_store_keeps_the_rules_in_a_file() {
    let folder = Folder::new();
    let number = AtomicU32::new(0);
    store_suite(async || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        SqliteStore::open(folder.0.join(format!("{number}.db"))).await.unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_handles_open_the_same_new_file_at_once_and_all_can_write() {
    let folder = Folder::new();
    let mut tasks = JoinSet::new();
    for number in 0..10 {
        let file = folder.file();
        tasks.spawn(async move {
            let store = SqliteStore::open(file).await.unwrap();
            for more in 0..20 {
                assert!(store.create_session(&session(number * 100 + more), None).await.unwrap());
            }
            store
        });
    }
    let stores = tasks.join_all().await;
    for store in &stores {
        assert_eq!(store.sessions_of("{ada}", 1000).await.unwrap().len(), 200);
    }
}

#[tokio::test]
async fn what_one_handle_wrote_another_one_reads_also_after_a_restart() {
    let folder = Folder::new();
    let (one, two) = (SqliteStore::open(folder.file()).await.unwrap(), SqliteStore::open(folder.file()).await.unwrap());
    assert!(one.create_session(&session(1), None).await.unwrap());
    assert!(two.end_session(session(1).id, EndReason::UserLogout, 2000).await.unwrap());
    let ended = one.session(&session(1).token).await.unwrap().unwrap().ended;
    assert_eq!(ended, Some((2000, EndReason::UserLogout)));
    drop((one, two));
    let again = SqliteStore::open(folder.file()).await.unwrap();
    assert_eq!(again.session(&session(1).token).await.unwrap().unwrap().ended, ended);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    store.create_session(&session(1), None).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log, and the index of the log");
}

#[tokio::test]
async fn a_store_without_tables_says_so_and_the_printed_sql_creates_them_any_number_of_times() {
    let folder = Folder::new();
    let open = || SqliteOptions::default().migrate(false).open(folder.file());
    let error = open().await.unwrap_err().to_string();
    assert!(error.contains("SqliteStore::migrations()"), "{error}");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    for _ in 0..2 {
        sqlx::raw_sql(sqlx::AssertSqlSafe(SqliteStore::migrations())).execute(&pool).await.unwrap();
    }
    let store = open().await.unwrap();
    assert!(store.create_session(&session(1), None).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_fails_in_time_and_works_again_by_itself() {
    let folder = Folder::new();
    let store = SqliteOptions::default().time_limit(Duration::from_secs(1)).open(folder.file()).await.unwrap();
    assert!(store.create_session(&session(1), None).await.unwrap());
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let start = Instant::now();
    let result = store.end_session(session(1).id, EndReason::UserLogout, 2000).await;
    assert!(result.is_err(), "{result:?}");
    assert!(start.elapsed() < BEFORE_DEFAULT_LIMIT, "{:?}", start.elapsed());
    let read = store.session(&session(1).token).await.unwrap();
    assert_eq!(read.unwrap().ended, None, "readers do not wait for writers, and the failed write is not done");
    lock.rollback().await.unwrap();
    assert!(store.end_session(session(1).id, EndReason::UserLogout, 2000).await.unwrap());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "this is text, and it is long enough to be read as a header").unwrap();
    assert!(SqliteStore::open(folder.file()).await.is_err());
    assert!(SqliteStore::open(folder.0.join("no such folder/aura.db")).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_in_sqlite_withstand_the_attacks_on_sessions() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    session_attacks(|builder| builder.store(store.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_at_three_handles_of_one_sqlite_file_cause_one_refresh() {
    let folder = Folder::new();
    let open = async || SqliteStore::open(folder.file()).await.unwrap();
    let stores = [open().await, open().await, open().await];
    Processes::start(stores).await.fifty_requests_cause_one_refresh().await;
}
