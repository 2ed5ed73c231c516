use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Result;

/// The running app. It is killed when this value is dropped.
#[derive(Debug)]
pub struct App {
    child: Child,
    /// The app's origin, for example `http://127.0.0.1:3000`.
    pub url: String,
    panics: Arc<AtomicU64>,
}

impl App {
    /// Starts the app, and waits until it listens.
    ///
    /// # Errors
    ///
    /// Returns an error if the app can't be started, or if it ends before it listens.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut output =
            BufReader::new(child.stdout.take().ok_or("no output")?).lines().map_while(std::result::Result::ok);
        let errors = BufReader::new(child.stderr.take().ok_or("no output")?).lines().map_while(std::result::Result::ok);
        let panics = Arc::new(AtomicU64::new(0));
        let url = loop {
            let Some(line) = output.next() else {
                return Err(format!("the app ends: {}", errors.collect::<Vec<_>>().join("\n")).into());
            };
            if let Some(url) = line.strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        // A process that writes to a full pipe blocks, so both pipes are read until they end.
        thread::spawn(move || output.for_each(drop));
        thread::spawn({
            let panics = Arc::clone(&panics);
            move || {
                for line in errors.filter(|line| line.contains("panicked")) {
                    panics.fetch_add(1, Ordering::Relaxed);
                    eprintln!("the app: {line}");
                }
            }
        });
        Ok(Self { child, url, panics })
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns how many panics the app has written to stderr.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Kills the app at once, as a power cut does.
    ///
    /// # Errors
    ///
    /// Returns an error if the app has already ended and can't be waited for.
    pub fn kill(mut self) -> Result {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks the app to end (SIGTERM).
    ///
    /// # Errors
    ///
    /// Returns an error if there is no `kill` command.
    pub fn terminate(&self) -> Result {
        Command::new("kill").arg(self.id().to_string()).status()?;
        Ok(())
    }

    /// Waits until the app ends, and returns its exit status.
    ///
    /// # Errors
    ///
    /// Returns an error if the app still runs after `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > limit {
                return Err(format!("the app goes on after {limit:?}").into());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the resident memory of a process, in megabytes.
///
/// # Errors
///
/// Returns an error if there is no such process.
pub fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1000.0)
}
