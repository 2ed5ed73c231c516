//! The program with its sessions in a database.
#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[allow(dead_code, reason = "these tests use a part of it")]
#[path = "../../tests/support/postgres_cluster.rs"]
mod postgres_cluster;
mod support;

use std::path::PathBuf;
use std::time::Duration;

use postgres_cluster::PostgresCluster;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use sqlx::{ConnectOptions as _, Executor as _};
use support::{SALT, SECRET, Server, run};

const DEMO: [&str; 3] = ["--port", "0", "--demo"];

/// A folder for a test, which is deleted at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("aura-auth-{}-{name}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.0.join("app.db").display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Signs Ada in, and returns the cookies of her browser.
async fn signed_in(server: &Server) -> String {
    let cookies = |answer: &reqwest::Response| {
        let lines = answer.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        lines.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
    };
    let location = |answer: &reqwest::Response| answer.headers()[LOCATION].to_str().unwrap().to_owned();
    let begin = format!("http://{}/auth/signIn/bitbucket", server.address);
    let begun = browser().get(begin).send().await.unwrap();
    // The form of the consent page sends the parameters of its URL, and these two.
    let form = format!("{}&account=ada&decision=approve", location(&begun).split_once('?').unwrap().1);
    let consent = browser().post(location(&begun)).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let decided = consent.body(form).send().await.unwrap();
    let back = browser().get(location(&decided)).header(COOKIE, cookies(&begun)).send().await.unwrap();
    assert_eq!(location(&back), "/");
    cookies(&back)
}

/// Returns the status of the session endpoint, and whether its answer names Ada.
async fn session(server: &Server, cookies: &str) -> (u16, bool) {
    let url = format!("http://{}/auth/session", server.address);
    let answer = browser().get(url).header(COOKIE, cookies).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap().contains("Ada"))
}

fn ready(server: &Server) -> String {
    server.get("/readyz", "probe.internal")
}

fn stdout(output: std::process::Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The second program has another secret: it finds the session by its token alone.
#[tokio::test]
async fn a_session_in_a_file_survives_a_restart() {
    let scratch = Scratch::new("restart");
    let environment = [("DATABASE_URL", &*scratch.url())];
    let mut first = Server::start(&DEMO, &environment);
    let cookies = signed_in(&first).await;
    assert_eq!(session(&first, &cookies).await, (200, true));
    assert!(first.terminate_within(Duration::from_secs(20)).success());

    let second = Server::start(&DEMO, &environment);
    assert_eq!(session(&second, &cookies).await, (200, true));
    let elsewhere = Scratch::new("elsewhere");
    let other = Server::start(&DEMO, &[("DATABASE_URL", &elsewhere.url())]);
    assert_eq!(session(&other, &cookies).await, (401, false));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file_of_the_database() {
    use std::os::unix::fs::PermissionsExt as _;

    let scratch = Scratch::new("mode");
    stdout(run(&["migrate", "--database", &scratch.url()], &[]));
    let files: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().map(|file| file.unwrap()).collect();
    assert!(!files.is_empty());
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn the_readiness_check_answers_any_host_and_is_not_cached() {
    let scratch = Scratch::new("ready");
    for environment in [&[][..], &[("DATABASE_URL", &*scratch.url())]] {
        let answer = ready(&Server::start(&DEMO, environment));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nok"), "{answer}");
        assert!(answer.contains("cache-control: no-store"), "{answer}");
    }
}

#[tokio::test]
async fn while_postgresql_is_down_the_program_is_not_ready_and_afterwards_it_is_again() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let url = format!("{}&password=hunter2", cluster.database().await);
    let environment = [("DATABASE_URL", &*url), ("RUST_LOG", "debug")];
    let mut server = Server::logging(&DEMO, &environment);
    let cookies = signed_in(&server).await;
    assert!(ready(&server).starts_with("HTTP/1.1 200"));

    cluster.control("stop");
    let answer = ready(&server);
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("\r\n\r\nno store"), "{answer}");
    assert!(answer.contains("cache-control: no-store"), "{answer}");
    assert_eq!(session(&server, &cookies).await, (503, false));
    assert!(server.get("/healthz", "probe.internal").starts_with("HTTP/1.1 200"));
    assert!(ready(&server).starts_with("HTTP/1.1 503"));

    cluster.control("start");
    assert!(ready(&server).starts_with("HTTP/1.1 200"));
    assert_eq!(session(&server, &cookies).await, (200, true));

    let log = server.log();
    for line in ["the server is not ready", "the server is ready again"] {
        assert_eq!(log.matches(line).count(), 1, "{log}");
    }
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test]
async fn people_sign_in_through_a_pooler_in_transaction_mode() {
    let Some(cluster) = PostgresCluster::start() else { return };
    let Some(port) = cluster.pooler() else { return };
    let url = format!("{}&port={port}", cluster.database().await);
    let server = Server::start(&DEMO, &[("DATABASE_URL", &*url), ("DATABASE_POOLER", "transaction")]);
    let cookies = signed_in(&server).await;
    // The pooler has two connections.
    for _ in 0..4 {
        assert_eq!(session(&server, &cookies).await, (200, true));
    }
    assert!(ready(&server).starts_with("HTTP/1.1 200"));
}

#[test]
fn migrate_creates_the_tables_and_says_what_it_did() {
    let scratch = Scratch::new("migrate");
    let arguments = ["migrate", "--database", &scratch.url()];
    assert!(stdout(run(&arguments, &[])).contains("created or changed"));
    assert!(stdout(run(&arguments, &[])).contains("nothing to do"));
}

#[tokio::test]
async fn a_database_accepts_the_sql_of_migrate_and_then_needs_no_migration() {
    let scratch = Scratch::new("print");
    let url = scratch.url();
    let print = |url: &str| sqlx::AssertSqlSafe(stdout(run(&["migrate", "--print", "--database", url], &[])));
    let options: sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
    let mut connection = options.create_if_missing(true).connect().await.unwrap();
    for _ in 0..2 {
        connection.execute(sqlx::raw_sql(print("sqlite:other.db"))).await.unwrap();
    }
    assert!(stdout(run(&["migrate"], &[("DATABASE_URL", &url)])).contains("nothing to do"));

    let Some(cluster) = PostgresCluster::start() else { return };
    let url = cluster.database().await;
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    for _ in 0..2 {
        // Nobody connects to this host.
        connection.execute(sqlx::raw_sql(print("postgres://nowhere.invalid/app"))).await.unwrap();
    }
    assert!(stdout(run(&["migrate"], &[("DATABASE_URL", &url)])).contains("nothing to do"));
}

#[test]
fn migrate_without_a_database_is_an_error() {
    for arguments in [&["migrate"][..], &["migrate", "--print"]] {
        let output = run(arguments, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("DATABASE_URL is not set"), "{output:?}");
    }
}

#[test]
fn a_database_that_can_t_be_used_is_an_error_without_the_password() {
    let folder = Scratch::new("unusable");
    let (absent, no_database) = (folder.0.join("absent/app.db"), folder.0.join("text"));
    std::fs::write(&no_database, "This is no database.").unwrap();
    let sqlite = |path: &PathBuf| format!("sqlite:{}", path.display());
    for (url, is_malformed, part) in [
        ("mysql://app:hunter2@db/app".to_owned(), true, "set it to a URL like sqlite:FILE"),
        ("postgres://app:1?hunter2@db/app".to_owned(), true, "%3F"),
        ("postgres://app:hunter2@db.invalid/app".to_owned(), false, "the PostgreSQL database db.invalid/app can't be"),
        (sqlite(&absent), false, "app.db can't be opened"),
        (sqlite(&no_database), false, "is not a database"),
    ] {
        let environment = [("DATABASE_URL", &*url)];
        let migrate = run(&["migrate"], &environment);
        let start = run(&DEMO, &environment);
        let check = is_malformed.then(|| run(&["check"], &environment));
        for output in [migrate, start].into_iter().chain(check) {
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(text.contains(part) && !text.contains("hunter2"), "{text}");
        }
    }
}

#[test]
fn no_help_shows_the_url_of_the_environment() {
    for arguments in [&["--help"][..], &["migrate", "--help"]] {
        let help = stdout(run(arguments, &[("DATABASE_URL", "postgres://app:hunter2@db/app")]));
        assert!(help.contains("DATABASE_URL") && !help.contains("hunter2"), "{help}");
    }
}

#[test]
fn check_says_where_sessions_are_and_reports_a_wrong_url_with_everything_else() {
    let complete = [
        ("AURA_AUTH_SECRET", SECRET),
        ("AURA_AUTH_SALT", SALT),
        ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
        ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
    ];
    for (url, place) in [
        ("", "Sessions are in the browsers' cookies."),
        ("sqlite:/absent/app.db", "Sessions are in the SQLite database /absent/app.db."),
        ("postgres://app:hunter2@db/app", "Sessions are in the PostgreSQL database db/app."),
    ] {
        let text = stdout(run(&["check"], &[&complete[..], &[("DATABASE_URL", url)]].concat()));
        assert!(text.contains(place), "{text}");
    }
    let output = run(&["check"], &[&complete[1..], &[("DATABASE_URL", "mysql://db/app")]].concat());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("AURA_AUTH_SECRET is not set") && text.contains("DATABASE_URL is not"), "{text}");
}
