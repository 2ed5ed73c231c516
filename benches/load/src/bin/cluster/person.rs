//! What a person does: signs in, uses the app, signs out, and begins again.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aura_auth_load::Result;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::browser::{Answer, Browser, Cookies, To};
use super::provider::name;
use super::tally::Count;
use super::world::{PEOPLE, PROCESSES, World};

/// The time between two tries of a request that something which is down has prevented.
const RETRY: Duration = Duration::from_millis(50);
/// The number of requests at once for tokens that have expired.
const BURST: usize = 12;
/// The number of changes of a session. The app allows ten in ten minutes.
const MAX_UPDATES: u32 = 6;

pub(crate) struct Person {
    browser: Browser,
    number: usize,
    /// The name that the app shows. If the answer to a change was lost, it is one of several.
    names: Vec<String>,
    updates: u32,
    access_token: Option<String>,
    /// When the provider issued the tokens.
    tokens_from: Instant,
    jumps: u64,
    token_life: Duration,
    random: u64,
    /// The cookies of sessions that have ended.
    pub(crate) ended: Vec<Cookies>,
}

impl Person {
    /// Creates a person with a browser of their own. Several of them share an account.
    pub(crate) fn new(world: &Arc<World>, number: usize, token_life: Duration) -> Result<Self> {
        Ok(Self {
            browser: Browser::new(world, number)?,
            number: number % PEOPLE,
            names: Vec::new(),
            updates: 0,
            access_token: None,
            tokens_from: Instant::now(),
            jumps: 0,
            token_life,
            random: (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ended: Vec::new(),
        })
    }

    /// Uses the app until `stop` is set. If `stays` is set, the person does not sign out.
    pub(crate) async fn live(mut self, stop: Arc<AtomicBool>, stays: bool) -> Self {
        let is_over = || stop.load(Ordering::Relaxed);
        while !is_over() {
            if !self.browser.cookies.has_session() && !self.sign_in().await {
                sleep(RETRY).await;
                continue;
            }
            let actions = if stays { u64::MAX } else { 40 + self.next(80) };
            let mut is_in = true;
            for _ in 0..actions {
                if is_over() || !is_in {
                    break;
                }
                is_in = self.act().await;
                sleep(Duration::from_millis(20 + self.next(100))).await;
            }
            if !is_in {
                self.browser.cookies = Cookies::default();
            } else if !stays && !is_over() {
                self.sign_out().await;
            }
        }
        self
    }

    /// Checks on each process that the session is alive, and that the ended ones are not.
    pub(crate) async fn check(&self) {
        for process in 0..PROCESSES {
            if self.browser.cookies.has_session() {
                let answer = self.browser.get("/auth/session", To::Process(process)).await;
                self.is_signed_in(&answer);
            }
            for cookies in &self.ended {
                self.copy_is_dead(cookies, Method::GET, "/auth/session", To::Process(process)).await;
            }
        }
    }

    /// Does one thing. Returns whether the person is still signed in.
    async fn act(&mut self) -> bool {
        let world = Arc::clone(&self.browser.world);
        let _calm = world.gate.read().await;
        let jumps = world.jumps.load(Ordering::Relaxed);
        if self.jumps != jumps || self.tokens_from.elapsed() > self.token_life + Duration::from_millis(1200) {
            return self.refresh(jumps).await;
        }
        match self.next(20) {
            0..10 => {
                let answer = self.browser.get("/auth/session", To::Nginx).await;
                self.is_signed_in(&answer)
            }
            10..14 => {
                let page = self.browser.get("/dashboard", To::Nginx).await;
                if page.is(200) && page.body.contains(&name(self.number)) {
                    self.is_of_nobody_else(&page);
                } else if page.status.is_some() {
                    // A page is answered before the session is known to be lost. The endpoint tells.
                    let session = self.browser.get("/auth/session", To::Nginx).await;
                    if self.is_signed_in(&session) && session.status.is_some() && !page.is_excused {
                        world.tally.note(Count::Wrong, format!("{}, without the name", page.describe()));
                    }
                }
                true
            }
            14..17 => self.list().await,
            17..18 if self.updates < MAX_UPDATES => self.update().await,
            _ => {
                let answer = self.browser.get("/auth/csrfToken", To::Nginx).await;
                self.keep_csrf_token(&answer);
                true
            }
        }
    }

    async fn sign_in(&mut self) -> bool {
        let world = Arc::clone(&self.browser.world);
        let _calm = world.gate.read().await;
        let begun = self.browser.get("/auth/signIn/bitbucket", To::Nginx).await;
        if begun.status.is_none() {
            return false;
        }
        if !begun.is(302) || !begun.location.starts_with(&world.provider.url) {
            self.began_again(&begun);
            return false;
        }
        self.browser.cookies.keep(&begun);
        let approved = world.provider.bitbucket.approve(&format!("person{}", self.number), &begun.location);
        let callback = approved.ok().and_then(|url| Url::parse(&url).ok());
        let Some(callback) = callback else {
            world.tally.note(Count::Wrong, "the provider refuses the authorization request");
            return false;
        };
        let path = format!("{}?{}", callback.path(), callback.query().unwrap_or_default());
        let of_flow = self.browser.cookies.clone();
        let answer = self.browser.get(&path, To::Nginx).await;
        self.browser.cookies.keep(&answer);
        let is_in = answer.is(302) && answer.location == "/" && answer.sets_session();
        if is_in {
            world.tally.add(Count::SignIns);
            self.names = vec![name(self.number)];
            (self.updates, self.access_token, self.tokens_from) = (0, None, Instant::now());
            self.jumps = world.jumps.load(Ordering::Relaxed);
        } else if answer.status.is_some() {
            self.began_again(&answer);
        }
        // Attack: the callback, with the cookies of its flow, reaches another process too.
        world.tally.add(Count::Replays);
        let to = To::Process(usize::try_from(self.next(PROCESSES as u64)).unwrap_or_default());
        let replayed = self.browser.send(Method::GET, &path, to, &of_flow, "").await;
        if is_in && replayed.sets_session() {
            world.tally.note(Count::Reused, replayed.describe());
        }
        if !is_in {
            self.browser.cookies = Cookies::default();
            return false;
        }
        let csrf = self.browser.get("/auth/csrfToken", To::Nginx).await;
        self.keep_csrf_token(&csrf);
        true
    }

    fn began_again(&self, answer: &Answer) {
        let tally = &self.browser.world.tally;
        if answer.is_excused && answer.is(302) {
            tally.add(Count::BegunAgain);
        } else {
            tally.note(Count::Wrong, answer.describe());
        }
    }

    fn keep_csrf_token(&mut self, answer: &Answer) {
        if answer.status.is_none() {
            return;
        }
        self.browser.cookies.keep(answer);
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match body["csrfToken"].as_str() {
            Some(token) if answer.is(200) => token.clone_into(&mut self.browser.cookies.csrf),
            _ => self.browser.world.tally.note(Count::Wrong, answer.describe()),
        }
    }

    /// Checks the answer to a read of the session. Returns whether the person is still signed in.
    fn is_signed_in(&self, answer: &Answer) -> bool {
        let tally = &self.browser.world.tally;
        let Some(status) = answer.status else { return true };
        if status == 401 {
            tally.note(Count::Lost, answer.describe());
            return false;
        }
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let shown = body["session"]["user"]["name"].as_str().or_else(|| body["user"]["name"].as_str());
        if status != 200 || !shown.is_some_and(|shown| self.names.iter().any(|name| name == shown)) {
            let expected = self.names.join(" or ");
            tally.note(Count::Wrong, format!("{}, {shown:?} instead of {expected}", answer.describe()));
        }
        self.is_of_nobody_else(answer);
        true
    }

    fn is_of_nobody_else(&self, answer: &Answer) {
        let own = name(self.number);
        let parts = answer.body.split("Person ").skip(1);
        if parts.map(|rest| rest.get(..4)).any(|digits| digits.is_some_and(|digits| !own.ends_with(digits))) {
            self.browser.world.tally.note(Count::Wrong, format!("{} shows another person", answer.describe()));
        }
    }

    async fn list(&self) -> bool {
        let answer = self.browser.get("/auth/sessions", To::Nginx).await;
        let tally = &self.browser.world.tally;
        let Some(status) = answer.status else { return true };
        if status == 401 {
            tally.note(Count::Lost, answer.describe());
            return false;
        }
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let sessions = body["sessions"].as_array().map_or(&[][..], Vec::as_slice);
        let current = sessions.iter().filter(|session| session["current"] == true).count();
        if status != 200 || current != 1 {
            tally.note(Count::Wrong, format!("{}, {current} of {} are current", answer.describe(), sessions.len()));
        }
        true
    }

    async fn update(&mut self) -> bool {
        let tally = &self.browser.world.tally;
        self.updates += 1;
        let new = format!("{}, change {}", name(self.number), self.updates);
        let body = json!({ "user": { "name": new } }).to_string();
        let answer = self.browser.send(Method::PATCH, "/auth/session", To::Nginx, &self.browser.cookies, &body).await;
        match answer.status {
            // The change may have been made.
            None => self.names.push(new),
            Some(status) if status == 200 => {
                tally.add(Count::Updates);
                self.browser.cookies.keep(&answer);
                self.names = vec![new];
            }
            Some(status) if status == 401 => {
                tally.note(Count::Lost, answer.describe());
                return false;
            }
            Some(_) => tally.note(Count::Wrong, answer.describe()),
        }
        true
    }

    /// Asks for the tokens, which have expired, many times at once, on all processes. Returns whether the person is
    /// still connected with the provider.
    async fn refresh(&mut self, jumps: u64) -> bool {
        let tally = &self.browser.world.tally;
        let mut requests = tokio::task::JoinSet::new();
        for number in 0..BURST {
            let browser = self.browser.clone();
            let to = if number < PROCESSES { To::Process(number) } else { To::Nginx };
            requests.spawn(async move { browser.get("/auth/providers/bitbucket/tokens", to).await });
        }
        let answers = requests.join_all().await;
        let mut tokens = HashSet::new();
        let mut is_connected = true;
        for answer in &answers {
            let Some(status) = answer.status else { continue };
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            match body["tokens"]["accessToken"].as_str() {
                Some(token) if status == 200 => {
                    tokens.insert(token.to_owned());
                }
                _ if answer.body.contains("OAUTH_INVALID_REFRESH_TOKEN") || answer.body.contains("OAUTH_UNLINKED") => {
                    is_connected = false;
                }
                _ if status == 401 => {
                    tally.note(Count::Lost, answer.describe());
                    return false;
                }
                _ => tally.note(Count::Wrong, answer.describe()),
            }
        }
        if !is_connected {
            tally.note(Count::Disconnected, "the provider has ended a connection");
            // The person signs in again, because only then there are tokens.
            self.sign_out().await;
            return true;
        }
        if tokens.len() > 1 {
            tally.note(Count::Wrong, format!("{} different tokens at once", tokens.len()));
        }
        let Some(token) = tokens.into_iter().next() else { return true };
        if self.access_token.as_ref() == Some(&token) {
            tally.note(Count::Wrong, "a token that has expired is still the token");
        }
        tally.add(Count::Bursts);
        (self.access_token, self.tokens_from, self.jumps) = (Some(token), Instant::now(), jumps);
        true
    }

    /// Signs out, and then tries the copy of the cookie on all processes at once.
    async fn sign_out(&mut self) {
        let copy = self.browser.cookies.clone();
        let tally = &self.browser.world.tally;
        let mut is_first = true;
        loop {
            let answer = self.browser.send(Method::POST, "/auth/signOut", To::Nginx, &copy, "").await;
            match answer.status {
                Some(status) if status == 202 => break,
                // The answer to the first request was lost.
                Some(status) if status == 401 && !is_first => break,
                Some(status) if status == 401 => {
                    tally.note(Count::Lost, answer.describe());
                    break;
                }
                Some(_) => {
                    tally.note(Count::Wrong, answer.describe());
                    break;
                }
                None => sleep(RETRY).await,
            }
            is_first = false;
        }
        tally.add(Count::SignOuts);
        self.browser.cookies = Cookies::default();
        let process = |number| To::Process(number);
        tokio::join!(
            self.copy_is_dead(&copy, Method::GET, "/auth/session", process(0)),
            self.copy_is_dead(&copy, Method::GET, "/auth/session", process(1)),
            self.copy_is_dead(&copy, Method::GET, "/auth/session", process(2)),
            self.copy_is_dead(&copy, Method::GET, "/auth/session", To::Nginx),
            self.copy_is_dead(&copy, Method::GET, "/dashboard", process(self.number % PROCESSES)),
            self.copy_is_dead(&copy, Method::GET, "/auth/sessions", process((self.number + 1) % PROCESSES)),
            self.copy_is_dead(&copy, Method::GET, "/auth/providers/bitbucket/tokens", To::Nginx),
        );
        self.ended.push(copy);
    }

    /// Attack: a copy of the cookie of a session that has ended.
    async fn copy_is_dead(&self, copy: &Cookies, method: Method, path: &str, to: To) {
        let tally = &self.browser.world.tally;
        tally.add(Count::Copies);
        let answer = self.browser.send(method, path, to, copy, "").await;
        let is_page = path == "/dashboard";
        if answer.body.contains("Person ") || answer.is(200) && !is_page {
            tally.note(Count::Alive, answer.describe());
        } else if answer.status.is_some_and(|status| status != 401) && !is_page {
            tally.note(Count::Wrong, answer.describe());
        }
    }

    fn next(&mut self, below: u64) -> u64 {
        // The generator xorshift64: the same run each time, as far as the load can be the same.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }
}
