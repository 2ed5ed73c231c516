//! What a run of tests logs, and that no secret is in it.

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

/// Shorter ones are in lines by chance.
const SHORTEST_SECRET: usize = 16;
/// As much of a secret as may be in no line, in bytes.
const PIECE: usize = 24;

/// What is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// What all tests of this program log.
static OF_ALL: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ours(&log))).unwrap();
    log
});

/// Writes what the library and the app log.
fn ours<S: Subscriber + for<'a> LookupSpan<'a>>(log: &Log) -> impl Layer<S> {
    let targets = ["aura_auth", "aura_auth_app", "tower_http"].map(|target| (target, LevelFilter::TRACE));
    layer().with_ansi(false).with_writer(log.clone()).with_filter(Targets::from_iter(targets))
}

impl Log {
    /// Everything that this thread logs from here on, and with it the servers of a test.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        let log = Self::default();
        let everything = layer().with_ansi(false).with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(ours(&OF_ALL)).with(everything);
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }

    /// The library's own lines; what a client library logs at TRACE is the operator's choice.
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

/// The secrets that a server has given to browsers. When the last browser is gone, the log of that time
/// is searched for every one of them.
pub(crate) struct Secrets {
    /// Where that time begins in the log.
    begin: usize,
    seen: Mutex<HashSet<String>>,
}

impl Secrets {
    pub(crate) fn new() -> Arc<Self> {
        let begin = OF_ALL.0.lock().unwrap().len();
        let seen = [SECRET, SALT, "se:cr&t%"].map(str::to_owned);
        Arc::new(Self { begin, seen: Mutex::new(seen.into()) })
    }

    /// Notes the cookies, codes, states and tokens of an answer.
    pub(crate) fn see(&self, headers: &HeaderMap, body: &str) {
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            // Which sessions have ended is no secret.
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

    /// Lines of the log with a secret in them.
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
