//! A PostgreSQL cluster of its own for a test, from Debian's packages.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Writes past the test harness, which shows what a test prints only if it fails.
fn skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// A running cluster, which is stopped and deleted at the end. It is reached by a Unix socket alone.
pub struct PostgresCluster {
    programs: PathBuf,
    folder: PathBuf,
    databases: AtomicU32,
}

impl PostgresCluster {
    /// Starts a cluster. If PostgreSQL is not installed, says so, and returns `None`.
    pub fn start() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let Some(programs) = programs else {
            skipped("PostgreSQL is not installed (apt-get install postgresql)");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("aura-auth-postgres-{}-{number}", std::process::id()));
        let cluster = Self { programs, folder, databases: AtomicU32::new(0) };
        cluster.run(&["mkdir", &cluster.path("")]);
        cluster.run(&[&cluster.program("initdb"), "-N", "-A", "trust", "-D", &cluster.path("data")]);
        cluster.control("start");
        Some(cluster)
    }

    /// Calls `pg_ctl` with `start` or `stop`.
    pub fn control(&self, how: &str) {
        let settings = format!("-k {} -c listen_addresses='' -c fsync=off", self.path(""));
        let (data, log) = (self.path("data"), self.path("log"));
        self.run(&[&self.program("pg_ctl"), "-w", "-D", &data, "-l", &log, "-m", "immediate", "-o", &settings, how]);
    }

    /// Creates a database, and returns its URL.
    pub async fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let pool = sqlx::PgPool::connect(&self.url("postgres")).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
        pool.close().await;
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.path(""))
    }

    /// Starts PgBouncer in transaction mode with two connections to the cluster, and returns its port, which is the name
    /// of a socket. If PgBouncer is not installed, says so, and returns `None`.
    pub fn pooler(&self) -> Option<u16> {
        const PORT: u16 = 6432;
        if !Path::new("/usr/sbin/pgbouncer").exists() {
            skipped("PgBouncer is not installed (apt-get install pgbouncer)");
            return None;
        }
        let folder = self.path("");
        let settings = format!(
            "[databases]\n* = host={folder} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\n\
             unix_socket_dir = {folder}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n\
             pidfile = {folder}/pgbouncer.pid\nlogfile = {folder}/pgbouncer.log\n"
        );
        std::fs::write(self.path("pgbouncer.ini"), settings).unwrap();
        self.run(&["/usr/sbin/pgbouncer", "-q", "-d", &self.path("pgbouncer.ini")]);
        Some(PORT)
    }

    fn program(&self, name: &str) -> String {
        self.programs.join(name).display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn run(&self, words: &[&str]) {
        let log = self.path("log");
        assert!(self.succeeds(words), "{words:?} failed, see {log}: {:?}", std::fs::read_to_string(&log));
    }

    /// Runs a program, which must not be root, as the user that Debian's package creates. Its output is not read: a
    /// server keeps the pipe open.
    fn succeeds(&self, words: &[&str]) -> bool {
        let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let user: &[&str] = if is_root { &["runuser", "-u", "postgres", "--"] } else { &[] };
        let words = [user, words].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }
}

impl Drop for PostgresCluster {
    fn drop(&mut self) {
        if let Ok(pooler) = std::fs::read_to_string(self.folder.join("pgbouncer.pid")) {
            self.succeeds(&["kill", pooler.trim()]);
        }
        let data = self.path("data");
        self.succeeds(&[&self.program("pg_ctl"), "-w", "-D", &data, "-m", "immediate", "stop"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
