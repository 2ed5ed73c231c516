//! A browser of one person: its cookies, and the requests that it sends.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aura_auth_load::Result;
use reqwest::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};

use super::tally::Count;
use super::world::World;

/// Which server a request goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    Nginx,
    Process(usize),
}

/// The cookies of a browser, and the CSRF token of its pages.
#[derive(Clone, Default)]
pub(crate) struct Cookies {
    pairs: Vec<(String, String)>,
    pub(crate) csrf: String,
}

#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    pub(crate) world: Arc<World>,
    pub(crate) cookies: Cookies,
}

pub(crate) struct Answer {
    /// `None` if there is no answer, or if it is 502, 503 or 504.
    pub(crate) status: Option<StatusCode>,
    pub(crate) location: String,
    pub(crate) body: String,
    set_cookies: Vec<(String, String)>,
    /// Whether something was down meanwhile.
    pub(crate) is_excused: bool,
    what: String,
}

impl Answer {
    /// Describes the request and its answer, without a secret.
    pub(crate) fn describe(&self) -> String {
        let code = self.body.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let location = self.location.split('?').next().unwrap_or_default();
        let status = self.status.map_or("no answer".to_owned(), |status| status.to_string());
        format!("{}: {status} {code} {location}", self.what)
    }

    pub(crate) fn sets_session(&self) -> bool {
        self.set_cookies.iter().any(|(name, value)| name.ends_with("stored_session") && !value.is_empty())
    }

    pub(crate) fn is(&self, status: u16) -> bool {
        self.status.is_some_and(|found| found == status)
    }
}

impl Cookies {
    pub(crate) fn keep(&mut self, answer: &Answer) {
        for (name, value) in &answer.set_cookies {
            self.pairs.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.pairs.push((name.clone(), value.clone()));
            }
        }
    }

    pub(crate) fn has_session(&self) -> bool {
        self.pairs.iter().any(|(name, _)| name.ends_with("stored_session"))
    }
}

impl Browser {
    /// Creates a browser with an address of its own, as rate limits count addresses.
    pub(crate) fn new(world: &Arc<World>, number: usize) -> Result<Self> {
        let [.., high, low] = (number + 2).to_be_bytes();
        let builder = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(40)).no_proxy();
        let http = builder.local_address(IpAddr::V4(Ipv4Addr::new(127, 1, high, low))).build()?;
        Ok(Self { http, world: Arc::clone(world), cookies: Cookies::default() })
    }

    pub(crate) async fn get(&self, path: &str, to: To) -> Answer {
        self.send(Method::GET, path, to, &self.cookies, "").await
    }

    /// Sends a request. An answer that may only come while something is down is counted here.
    pub(crate) async fn send(&self, method: Method, path: &str, to: To, cookies: &Cookies, body: &str) -> Answer {
        let tally = &self.world.tally;
        tally.add(Count::Requests);
        let origin = match to {
            To::Nginx => self.world.origin.clone(),
            To::Process(process) => self.world.process(process),
        };
        let route = path.split('?').next().unwrap_or_default();
        let what = format!("{method} {route} to {to:?}");
        let pairs: Vec<String> = cookies.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.http.request(method.clone(), format!("{origin}{path}"));
        request =
            request.header(HOST, self.world.origin.trim_start_matches("http://")).header(COOKIE, pairs.join("; "));
        if !cookies.csrf.is_empty() {
            request = request.header("x-csrf-token", &cookies.csrf);
        }
        if method != Method::GET {
            request = request.header(ORIGIN, &self.world.origin).header(CONTENT_TYPE, "application/json");
            request = request.body(body.to_owned());
        }
        let since = Instant::now();
        let answer = read(request).await;
        let is_excused = self.world.had_outage(since);
        let mut answer = match answer {
            Ok((status, location, set_cookies, body)) => {
                Answer { status: Some(status), location, body, set_cookies, is_excused, what }
            }
            Err(error) => {
                let mut text = error.to_string();
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    text = format!("{text}: {cause}");
                    source = cause.source();
                }
                let what = format!("{what} ({text})");
                Answer {
                    status: None,
                    location: String::new(),
                    body: String::new(),
                    set_cookies: vec![],
                    is_excused,
                    what,
                }
            }
        };
        let is_down = answer.status.is_none_or(|status| matches!(status.as_u16(), 502..=504));
        if !is_down {
            return answer;
        }
        if !answer.set_cookies.is_empty() {
            tally.note(Count::Wrong, format!("{} sets a cookie", answer.describe()));
        }
        // A process that was killed holds its lease for two minutes. Others wait for it, and then give up.
        if route.ends_with("/tokens") && answer.body.contains("NETWORK_REQUEST_FAILED") && self.world.had_any_outage() {
            tally.add(Count::Waited);
            answer.is_excused = true;
        } else if is_excused {
            tally.add(if matches!(to, To::Nginx) { Count::Unavailable } else { Count::ProcessUnavailable });
        } else {
            tally.note(Count::Wrong, answer.describe());
        }
        answer.status = None;
        answer
    }
}

async fn read(
    request: reqwest::RequestBuilder,
) -> reqwest::Result<(StatusCode, String, Vec<(String, String)>, String)> {
    let response = request.send().await?;
    let status = response.status();
    let headers = response.headers();
    let location = headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let set_cookies = headers.get_all(SET_COOKIE).iter().filter_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
        let (name, value) = line.split(';').next()?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    let set_cookies = set_cookies.collect();
    Ok((status, location.unwrap_or_default(), set_cookies, response.text().await?))
}
