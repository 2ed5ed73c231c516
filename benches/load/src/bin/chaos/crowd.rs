use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use aura_auth_load::{App, Ending, Person, Result, resident};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// What became of people while something failed.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) what: String,
    pub(crate) signed_in: usize,
    pub(crate) told: usize,
    /// What must not happen.
    pub(crate) wrong: Vec<String>,
    pub(crate) slowest: Duration,
    /// The slowest look of others at their sessions meanwhile.
    pub(crate) slowest_read: Option<Duration>,
    /// The most resident memory, in megabytes.
    pub(crate) memory: f64,
    codes: Vec<String>,
}

impl Report {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// Counts how a sign-in ended.
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

    /// Counts how others read their sessions meanwhile.
    pub(crate) fn count_reads(&mut self, slowest: Result<Duration>) {
        let slowest = slowest.map(|slowest| self.slowest_read = self.slowest_read.max(Some(slowest)));
        self.count_read(slowest);
    }

    /// Counts a look at a session that must be there.
    pub(crate) fn count_read(&mut self, read: Result) {
        if let Err(error) = read {
            self.wrong.push(format!("a session was not read: {}", chain(&*error)));
        }
    }

    /// Must be so.
    pub(crate) fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }

    /// Looks at the app: how large it is, and whether it panicked.
    pub(crate) fn look_at(&mut self, app: &App) -> Result {
        self.memory = self.memory.max(resident(app.id())?);
        let panics = app.panics();
        self.expect(panics == 0, || format!("{panics} panics"));
        Ok(())
    }
}

/// An error with its causes.
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

/// Has people do something, all at once; what each came to and how long it took.
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

/// Reads a session every 20 ms while something goes on; the slowest.
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
