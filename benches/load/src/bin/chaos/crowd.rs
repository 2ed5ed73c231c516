use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use aura_auth_load::{App, Ending, Person, Result, resident};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What happened to people during a failure.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) what: String,
    pub(crate) signed_in: usize,
    pub(crate) told: usize,
    /// Results that must not happen.
    pub(crate) wrong: Vec<String>,
    pub(crate) slowest: Duration,
    /// The slowest read of a session during this time.
    pub(crate) slowest_read: Option<Duration>,
    /// The largest resident memory, in megabytes.
    pub(crate) memory: f64,
    codes: Vec<String>,
}

impl Report {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// Counts the result of a sign-in.
    pub(crate) fn count(&mut self, ending: Result<Ending>, took: Duration) {
        self.slowest = self.slowest.max(took);
        match ending {
            Ok(Ending::SignedIn) => self.signed_in += 1,
            Ok(Ending::Told(code)) => self.tell(code),
            Ok(Ending::SentAgain) => self.tell("sent to the provider again".to_owned()),
            Err(error) => self.wrong.push(chain(&*error)),
        }
    }

    fn tell(&mut self, what: String) {
        self.told += 1;
        if !self.codes.contains(&what) {
            self.codes.push(what);
        }
    }

    /// Counts the reads of other people's sessions during this time.
    pub(crate) fn count_reads(&mut self, slowest: Result<Duration>) {
        let slowest = slowest.map(|slowest| self.slowest_read = self.slowest_read.max(Some(slowest)));
        self.count_read(slowest);
    }

    /// Counts a read of a session that must exist.
    pub(crate) fn count_read(&mut self, read: Result) {
        if let Err(error) = read {
            self.wrong.push(format!("a session was not read: {}", chain(&*error)));
        }
    }

    /// Checks a condition. If it does not hold, the message is added to the wrong results.
    pub(crate) fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }

    /// Checks the app: its memory, and whether it panicked.
    pub(crate) fn look_at(&mut self, app: &App) -> Result {
        self.memory = self.memory.max(resident(app.id())?);
        let panics = app.panics();
        self.expect(panics == 0, || format!("{panics} panics"));
        Ok(())
    }
}

/// Returns an error's message with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, signed_in, told, wrong, slowest, slowest_read, memory, codes } = self;
        let (codes, slowest, wrong) = (codes.join(", "), slowest.as_secs_f64(), wrong.len());
        let read = slowest_read.map_or("–".to_owned(), |slowest| format!("{} ms", slowest.as_millis()));
        let told = if *told == 0 { "0".to_owned() } else { format!("{told}: {codes}") };
        write!(f, "| {what} | {signed_in} | {told} | {wrong} | {slowest:.1} s | {read} | {memory:.0} MB |")
    }
}

/// Runs `work` for all people at once. Returns each result and how long it took.
pub(crate) async fn all_at_once<T, F>(people: Vec<Person>, mut work: impl FnMut(Person) -> F) -> Vec<(T, Duration)>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut running = JoinSet::new();
    for person in people {
        let work = work(person);
        running.spawn(async move {
            let start = Instant::now();
            (work.await, start.elapsed())
        });
    }
    running.join_all().await
}

/// Reads a session every 20 ms while `meanwhile` runs. Returns the slowest read.
pub(crate) async fn reading<T>(reader: &Person, meanwhile: impl Future<Output = T>) -> (T, Result<Duration>) {
    let mut slowest = Duration::ZERO;
    let reads = async {
        let mut ticks = interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let start = Instant::now();
            if let Err(error) = reader.read().await {
                return error;
            }
            slowest = slowest.max(start.elapsed());
        }
    };
    tokio::pin!(meanwhile);
    tokio::select! {
        biased;
        done = &mut meanwhile => (done, Ok(slowest)),
        error = reads => (meanwhile.await, Err(error)),
    }
}
