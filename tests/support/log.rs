//! Captures the log of a test run, and checks that it contains no secret.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::HeaderMap;
use axum::http::header::{LOCATION, SET_COOKIE};
use reqwest::Url;
use serde_json::Value;
use tracing::Subscriber;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use super::test_app::{SALT, SECRET};

/// Shorter secrets could occur in a line by chance.
const SHORTEST_SECRET: usize = 16;
/// The longest piece of a secret that a line may contain, in bytes.
const PIECE: usize = 24;

/// A captured log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// The log of all tests of this program.
static OF_ALL: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ours(&log))).unwrap();
    log
});

/// Creates the layer that writes the log lines of the library and the app.
fn ours<S: Subscriber + for<'a> LookupSpan<'a>>(log: &Log) -> impl Layer<S> {
    let targets = ["aura_auth", "aura_auth_app", "tower_http"].map(|target| (target, LevelFilter::TRACE));
    layer().with_ansi(false).with_writer(log.clone()).with_filter(Targets::from_iter(targets))
}

impl Log {
    /// Captures everything that this thread logs from now on. A test's servers run on the same thread.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        let log = Self::default();
        let everything = layer().with_ansi(false).with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(ours(&OF_ALL)).with(everything);
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }

    /// Returns the library's own lines. Other libraries may log more at TRACE: the operator chooses that level.
    pub(crate) fn ours(&self) -> String {
        self.lines().iter().filter(|line| line.contains(" aura_auth")).map(|line| format!("{line}\n")).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The secrets that a server has sent to browsers. When the last browser is dropped, everything that was logged since
/// `new` is searched for each of them.
pub(crate) struct Secrets {
    /// The length of the log at the time of `new`.
    begin: usize,
    seen: Mutex<HashSet<String>>,
}

impl Secrets {
    pub(crate) fn new() -> Arc<Self> {
        let begin = OF_ALL.0.lock().unwrap().len();
        let seen = [SECRET, SALT, "se:cr&t%"].map(str::to_owned);
        Arc::new(Self { begin, seen: Mutex::new(seen.into()) })
    }

    /// Notes the cookies, codes, states and tokens of a response.
    pub(crate) fn see(&self, headers: &HeaderMap, body: &str) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            // The list of ended sessions is not a secret.
            if !name.ends_with(".signed_out") {
                self.note(value);
            }
        }
        let location = headers.get(LOCATION).and_then(|location| Url::parse(location.to_str().ok()?).ok());
        for (name, value) in location.iter().flat_map(Url::query_pairs) {
            if name == "code" || name == "state" {
                self.note(&value);
            }
        }
        if let Ok(body) = serde_json::from_str(body) {
            self.see_json(&body);
        }
    }

    fn see_json(&self, json: &Value) {
        for (name, value) in json.as_object().into_iter().flatten() {
            match value {
                Value::String(token) if name.to_lowercase().ends_with("token") => self.note(token),
                value => self.see_json(value),
            }
        }
    }

    pub(crate) fn note(&self, secret: &str) {
        let middle = secret.len().saturating_sub(PIECE) / 2;
        let piece = secret.get(middle..secret.len().min(middle + PIECE));
        if let Some(piece) = piece.filter(|piece| piece.len() >= SHORTEST_SECRET) {
            self.seen.lock().unwrap().insert(piece.to_owned());
        }
    }

    /// Returns the lines of the log that contain a secret.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(OF_ALL.0.lock().unwrap()[self.begin..].to_vec()).unwrap();
        let seen = self.seen.lock().unwrap();
        let found = seen.iter().filter(|secret| text.contains(secret.as_str()));
        found.flat_map(|secret| text.lines().filter(|line| line.contains(secret.as_str()))).map(str::to_owned).collect()
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.lines(), <[&str; 0]>::default(), "a secret is in the log");
        }
    }
}
