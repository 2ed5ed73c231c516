//! The servers beside the app: PostgreSQL, PgBouncer and nginx. They run in the foreground, as children of this program.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aura_auth_load::Result;

/// The port of PgBouncer, which is the name of a socket.
const POOLER_PORT: u16 = 6432;
/// How long a server may take to start or to stop.
const LIMIT: Duration = Duration::from_secs(30);

/// A server. It is stopped when this value is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    /// The signal that stops it.
    signal: &'static str,
}

impl Service {
    fn start(command: &mut Command, signal: &'static str) -> Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
        Ok(Self { child, signal })
    }

    fn stop(&mut self) -> Result {
        Command::new("kill").args(["-s", self.signal, &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.stop();
        }
    }
}

/// A PostgreSQL cluster of its own. It is reached by a Unix socket alone, and it is deleted at the end.
#[derive(Debug)]
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    /// The user and the group that the servers run as, if this program is root, because PostgreSQL refuses to be root.
    user: Option<(u32, u32)>,
    server: Option<Service>,
    pooler: Option<Service>,
}

impl Postgres {
    pub(crate) fn start(folder: PathBuf) -> Result<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let programs = programs.ok_or("PostgreSQL is missing (apt-get install postgresql)")?;
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let user = if is_root { Some((id("-u")?, id("-g")?)) } else { None };
        fs::create_dir_all(&folder)?;
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group))?;
        }
        let mut postgres = Self { programs, folder, user, server: None, pooler: None };
        let data = postgres.folder.join("data");
        let mut initdb = postgres.program("initdb");
        run(initdb.args(["-A", "trust", "-U", "postgres", "-D"]).arg(data))?;
        postgres.switch_on()?;
        Ok(postgres)
    }

    /// Starts the server, and waits until it answers.
    pub(crate) fn switch_on(&mut self) -> Result {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log"))?;
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        server.args(["-c", "listen_addresses=", "-c", "max_connections=100"]).stderr(log);
        // SIGQUIT is PostgreSQL's immediate shutdown: it cuts off all connections, and the next start recovers.
        self.server = Some(Service::start(&mut server, "QUIT")?);
        let mut ready = self.program("pg_isready");
        ready.arg("-q").arg("-h").arg(&self.folder);
        patiently(|| run(&mut ready))
    }

    /// Stops the server at once.
    pub(crate) fn switch_off(&mut self) -> Result {
        self.server.as_mut().map_or(Ok(()), Service::stop)
    }

    /// Creates a database, and returns its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        run(self.program("createdb").arg("-h").arg(&self.folder).args(["-U", "postgres", name]))?;
        Ok(format!("postgres:///{name}?host={}&user=postgres", self.folder.display()))
    }

    /// Starts PgBouncer in transaction mode, and returns the URL of a database behind it. Ten connections of it serve the
    /// thirty of the app.
    pub(crate) fn pooled(&mut self, name: &str) -> Result<String> {
        let folder = self.folder.display();
        let settings = format!(
            "[databases]\n* = host={folder} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = {POOLER_PORT}\n\
             unix_socket_dir = {folder}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 10\n\
             logfile = {folder}/pgbouncer.log\n"
        );
        let file = self.folder.join("pgbouncer.ini");
        fs::write(&file, settings)?;
        let mut pooler = self.as_user(Path::new("/usr/sbin/pgbouncer"));
        self.pooler = Some(Service::start(pooler.arg("-q").arg(file), "INT")?);
        let socket = self.folder.join(format!(".s.PGSQL.{POOLER_PORT}"));
        patiently(|| if socket.exists() { Ok(()) } else { Err("PgBouncer does not start".into()) })?;
        Ok(self.database(name)? + &format!("&port={POOLER_PORT}"))
    }

    fn program(&self, name: &str) -> Command {
        self.as_user(&self.programs.join(name))
    }

    fn as_user(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop((self.pooler.take(), self.server.take()));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Starts nginx in front of the app's processes. It asks them in turn, and by default it sends a request to the next one
/// if there is no answer, unless the method is one that may change something, such as `POST` or `PATCH`.
pub(crate) fn nginx(folder: &Path, port: u16, processes: &[u16]) -> Result<Service> {
    let servers: String = processes.iter().map(|port| format!("server 127.0.0.1:{port};\n")).collect();
    let folder_name = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {folder_name}/{name};\n"))
        .collect();
    // The `upstream` and `location` blocks are those of docs/deploying.md.
    let settings = format!(
        "daemon off; master_process off; pid {folder_name}/nginx.pid; error_log {folder_name}/nginx.log error;
        events {{ worker_connections 8192; }}
        http {{
            access_log off;
            {temporary}
            upstream app {{
                {servers}
                keepalive 32;
            }}
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location / {{
                    proxy_pass http://app;
                    proxy_http_version 1.1;
                    proxy_set_header Connection \"\";
                    proxy_set_header Host $host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Forwarded-Host $http_host;
                    proxy_set_header Forwarded \"\";
                    proxy_buffer_size 16k;
                    proxy_buffers 8 16k;
                }}
            }}
        }}"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, settings)?;
    let program = std::env::var_os("NGINX").unwrap_or_else(|| "/usr/sbin/nginx".into());
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-c"]).arg(file).arg("-p").arg(folder);
    let service = Service::start(&mut command, "TERM")?;
    patiently(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(Into::into))?;
    Ok(service)
}

/// Returns a port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn run(command: &mut Command) -> Result {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{:?}: {text}", command.get_program()).into())
}

/// Repeats a step until it succeeds.
fn patiently(mut step: impl FnMut() -> Result) -> Result {
    let start = Instant::now();
    loop {
        match step() {
            Err(_) if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(50)),
            result => return result,
        }
    }
}

/// Returns a number of the user that Debian's package creates.
fn id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, "postgres"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| "there is no user `postgres`")?)
}
