//! Three processes of the app behind nginx, their provider, and what is down at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aura_auth_load::{App, Result};
use tokio::sync::RwLock;
use tokio::task::block_in_place;

use super::provider::Provider;
use super::service::{Service, free_port, nginx};
use super::tally::Tally;

/// The number of processes of the app.
pub(crate) const PROCESSES: usize = 3;
/// The number of accounts at the provider.
pub(crate) const PEOPLE: usize = 40;

/// Runs the app under libfaketime. A file contains the offset of the clock.
const FAKETIME: &str = "for LD_PRELOAD in /usr/lib*/faketime/libfaketimeMT.so.1 /usr/lib/*/faketime/libfaketimeMT.so.1
    do [ -e \"$LD_PRELOAD\" ] && break
    done
    [ -e \"$LD_PRELOAD\" ] || { echo 'libfaketime is missing (apt-get install faketime)' >&2; exit 1; }
    export LD_PRELOAD";

/// How the processes of a phase run.
pub(crate) struct Setup {
    pub(crate) database: String,
    pub(crate) pooler: bool,
    /// The lifetime of an access token.
    pub(crate) token_seconds: i64,
    /// By how many seconds the clocks of the processes differ from the system's clock.
    pub(crate) clocks: Option<[i64; PROCESSES]>,
}

pub(crate) struct World {
    program: String,
    folder: PathBuf,
    setup: Setup,
    ports: Vec<u16>,
    apps: Mutex<Vec<Option<App>>>,
    /// The origin of nginx, which is the app's base URL.
    pub(crate) origin: String,
    pub(crate) provider: Provider,
    pub(crate) tally: Tally,
    outages: Mutex<Vec<Outage>>,
    kills: Mutex<Vec<Instant>>,
    /// How often the clocks have jumped.
    pub(crate) jumps: AtomicU64,
    /// Requests hold this to read. A jump of the clocks waits until there are none.
    pub(crate) gate: RwLock<()>,
    _nginx: Service,
}

struct Outage {
    from: Instant,
    until: Option<Instant>,
}

impl World {
    pub(crate) async fn start(program: &str, folder: &Path, setup: Setup) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let ports = (0..PROCESSES).map(|_| free_port()).collect::<Result<Vec<_>>>()?;
        let port = free_port()?;
        let origin = format!("http://127.0.0.1:{port}");
        let callback = format!("{origin}/auth/callback/bitbucket");
        let provider = Provider::start(&callback, PEOPLE, setup.token_seconds).await?;
        let nginx = block_in_place(|| nginx(folder, port, &ports))?;
        let world = Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            setup,
            ports,
            apps: Mutex::new((0..PROCESSES).map(|_| None).collect()),
            origin,
            provider,
            tally: Tally::default(),
            outages: Mutex::default(),
            kills: Mutex::default(),
            jumps: AtomicU64::new(0),
            gate: RwLock::new(()),
            _nginx: nginx,
        };
        world.set_clocks(0)?;
        for process in 0..PROCESSES {
            world.start_process(process)?;
        }
        Ok(world)
    }

    /// Returns the origin of one process.
    pub(crate) fn process(&self, process: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports.get(process).copied().unwrap_or_default())
    }

    /// Starts a process, and waits until it listens.
    pub(crate) fn start_process(&self, process: usize) -> Result {
        let prelude = if self.setup.clocks.is_some() { FAKETIME } else { "" };
        let log = self.folder.join(format!("app-{process}.log"));
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{prelude}\nexec \"$0\" \"$@\" 2>> {}", log.display()), &self.program])
            .args(["--port", &self.ports.get(process).copied().unwrap_or_default().to_string(), "--demo=never"])
            .env_clear()
            // A folder without a `.env` file.
            .current_dir(std::env::temp_dir())
            .envs([
                ("PATH", "/usr/bin:/bin"),
                ("RUST_LOG", "warn"),
                ("AURA_AUTH_SECRET", "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0="),
                ("AURA_AUTH_SALT", "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1="),
                ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
                ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
                ("AURA_AUTH_BITBUCKET_URL", &self.provider.url),
                ("AURA_AUTH_BITBUCKET_API_URL", &self.provider.url),
                ("AURA_AUTH_BASE_URL", &self.origin),
                ("AURA_AUTH_TRUSTED_PROXIES", "127.0.0.1"),
                ("AURA_AUTH_PROVIDER_CALLS_PER_HOUR", "3600000"),
                ("DATABASE_URL", &self.setup.database),
                ("DATABASE_POOLER", if self.setup.pooler { "transaction" } else { "none" }),
            ]);
        if self.setup.clocks.is_some() {
            shell
                .env("FAKETIME_TIMESTAMP_FILE", self.clock_file(process))
                .env("FAKETIME_NO_CACHE", "1")
                // Durations are measured with the real monotonic clock.
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let app = block_in_place(|| App::start(&mut shell))
            .map_err(|error| format!("{error}: {}", fs::read_to_string(&log).unwrap_or_default()))?;
        if let Some(place) = lock(&self.apps).get_mut(process) {
            *place = Some(app);
        }
        Ok(())
    }

    /// Kills a process (SIGKILL).
    pub(crate) fn kill_process(&self, process: usize) -> Result {
        let app = lock(&self.apps).get_mut(process).and_then(Option::take);
        lock(&self.kills).push(Instant::now());
        app.map_or(Ok(()), App::kill)
    }

    /// Stops a process (SIGTERM), and waits until it has ended.
    pub(crate) fn stop_process(&self, process: usize) -> Result {
        let Some(mut app) = lock(&self.apps).get_mut(process).and_then(Option::take) else { return Ok(()) };
        app.terminate()?;
        let status = block_in_place(|| app.ended_within(Duration::from_secs(20)))?;
        if status.success() { Ok(()) } else { Err(format!("a process ends with {status}").into()) }
    }

    /// Moves all clocks on.
    pub(crate) async fn jump(&self, seconds: i64) -> Result {
        let _calm = self.gate.write().await;
        let jumps = self.jumps.load(Ordering::Relaxed) + 1;
        self.set_clocks(i64::try_from(jumps)? * seconds)?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.jumps.store(jumps, Ordering::Relaxed);
        Ok(())
    }

    fn set_clocks(&self, seconds: i64) -> Result {
        self.provider.clock.set(seconds);
        for (process, clock) in self.setup.clocks.into_iter().flatten().enumerate() {
            // The file is replaced as a whole, so that no process reads half of it.
            let file = self.clock_file(process);
            let new = file.with_extension("new");
            fs::write(&new, format!("{:+}\n", clock + seconds))?;
            fs::rename(new, file)?;
        }
        Ok(())
    }

    fn clock_file(&self, process: usize) -> PathBuf {
        self.folder.join(format!("clock-{process}"))
    }

    /// Notes that something is down from now on.
    pub(crate) fn begin_outage(&self) {
        lock(&self.outages).push(Outage { from: Instant::now(), until: None });
    }

    /// Notes that it is up again, and that answers may be late for `grace`.
    pub(crate) fn end_outage(&self, grace: Duration) {
        if let Some(outage) = lock(&self.outages).last_mut() {
            outage.until = Some(Instant::now() + grace);
        }
    }

    /// Whether something was down between `since` and now.
    pub(crate) fn had_outage(&self, since: Instant) -> bool {
        lock(&self.outages)
            .iter()
            .any(|outage| outage.from <= Instant::now() && outage.until.is_none_or(|end| since <= end))
    }

    /// Whether there was an outage in this phase.
    pub(crate) fn had_any_outage(&self) -> bool {
        !lock(&self.outages).is_empty()
    }

    pub(crate) fn kills(&self) -> Vec<Instant> {
        lock(&self.kills).clone()
    }

    /// Returns how often the processes have panicked.
    pub(crate) fn panics(&self) -> Result<u64> {
        let mut panics = 0;
        for process in 0..PROCESSES {
            let log = fs::read_to_string(self.folder.join(format!("app-{process}.log")))?;
            panics += log.lines().filter(|line| line.contains("panicked")).count() as u64;
        }
        Ok(panics)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
