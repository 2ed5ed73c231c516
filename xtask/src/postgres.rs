//! A PostgreSQL cluster of its own, from Debian's packages.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Result, command, output, run};
use crate::toolchain::apt_install;

/// A running cluster, which is stopped and deleted at the end. It is reached by a Unix socket alone. Its settings are
/// PostgreSQL's own, and it counts statements.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    /// Installs PostgreSQL if it is missing, and starts a cluster.
    pub(crate) fn start() -> Result<Self> {
        if !Path::new("/usr/lib/postgresql").exists() {
            apt_install("postgresql")?;
        }
        let versions = fs::read_dir("/usr/lib/postgresql")?.flatten().map(|version| version.path().join("bin"));
        let programs = versions.into_iter().find(|bin| bin.join("initdb").exists()).ok_or("there is no initdb")?;
        let folder = std::env::temp_dir().join(format!("aura-auth-bench-{}", std::process::id()));
        let cluster = Self { programs, folder };
        run(as_postgres("mkdir").arg(&cluster.folder))?;
        run(cluster.program("initdb").args(["-N", "-A", "trust", "-D"]).arg(cluster.folder.join("data")))?;
        let settings = format!(
            "-k {} -c listen_addresses='' -c shared_preload_libraries=pg_stat_statements",
            cluster.folder.display()
        );
        run(cluster.control().arg("-l").arg(cluster.folder.join("log")).args(["-o", &settings, "start"]))?;
        // Databases that are created later have it too.
        cluster.sql("template1", "CREATE EXTENSION pg_stat_statements")?;
        Ok(cluster)
    }

    /// Creates a database, and returns its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(name))
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.display())
    }

    /// Returns the folder of the socket.
    pub(crate) fn host(&self) -> &Path {
        &self.folder
    }

    /// Returns how many statements a database has run. BEGIN and COMMIT are not counted.
    pub(crate) fn statements(&self, database: &str) -> Result<f64> {
        let counted = "SELECT COALESCE(SUM(calls), 0) FROM pg_stat_statements
            WHERE query NOT LIKE 'BEGIN%' AND query NOT LIKE 'COMMIT%' AND query NOT LIKE '%pg_stat_statements%'
            AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
        Ok(self.sql(database, counted)?.parse()?)
    }

    /// Returns the ids of the cluster's processes.
    pub(crate) fn processes(&self) -> Result<Vec<u32>> {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid"))?;
        let first = file.lines().next().unwrap_or_default().to_owned();
        let children = output(&mut command(&format!("pgrep -P {first}"))).ok_or("pgrep failed")?;
        [first.as_str()].into_iter().chain(children.lines()).map(|id| Ok(id.trim().parse()?)).collect()
    }

    fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = command("psql -U postgres -At -v ON_ERROR_STOP=1");
        psql.arg("-h").arg(&self.folder).args(["-d", database, "-c", sql]);
        Ok(output(&mut psql).ok_or_else(|| format!("psql failed: {sql}"))?)
    }

    fn control(&self) -> Command {
        let mut control = self.program("pg_ctl");
        control.args(["-w", "-m", "fast", "-D"]).arg(self.folder.join("data"));
        control
    }

    fn program(&self, name: &str) -> Command {
        as_postgres(self.programs.join(name))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.control().arg("stop").status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Creates a command. PostgreSQL's programs must not be run by root, so they run as the user of Debian's package. Their
/// output is not read: a server keeps the pipe open.
fn as_postgres(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = if is_root {
        let mut runuser = Command::new("runuser");
        runuser.args(["-u", "postgres", "--"]).arg(program);
        runuser
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}
