use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use aura_auth_load::{App, Person, Result, http_client};
use reqwest::Client;

use super::provider::Provider;

/// The number of people who sign in at the same time.
pub(crate) const PEOPLE: usize = 200;

/// The app, its provider and people.
pub(crate) struct World {
    program: String,
    port: u16,
    pub(crate) provider: Provider,
    pub(crate) http: Client,
    people: AtomicU64,
}

impl World {
    pub(crate) fn new(program: String) -> Result<Self> {
        // This port is free now, and the app will use it.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let provider = Provider::start(&format!("http://127.0.0.1:{port}/auth/callback/bitbucket"))?;
        Ok(Self { program, port, provider, http: http_client()?, people: AtomicU64::new(1) })
    }

    /// Starts the app. It gets the same secrets each time, as after a power cut.
    pub(crate) fn start(&self) -> Result<App> {
        self.start_under("", &[])
    }

    /// Starts the app after a shell command, with more environment variables.
    pub(crate) fn start_under(&self, command: &str, environment: &[(&str, &str)]) -> Result<App> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{command}\nexec \"$0\" \"$@\""), &self.program])
            .args(["--port", &self.port.to_string(), "--demo=never"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            // A folder without a `.env` file.
            .current_dir(std::env::temp_dir())
            .envs([
                ("AURA_AUTH_SECRET", "Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0="),
                ("AURA_AUTH_SALT", "Zs5Wd8Kf2Jh6Ng9Bv4Cx7Mq1Lp3Rt0Yu+Ea/OiTxQ1="),
                ("AURA_AUTH_BITBUCKET_CLIENT_ID", "key"),
                ("AURA_AUTH_BITBUCKET_CLIENT_SECRET", "secret"),
                ("AURA_AUTH_BITBUCKET_URL", &self.provider.url),
                ("AURA_AUTH_BITBUCKET_API_URL", &self.provider.url),
                ("AURA_AUTH_BASE_URL", &self.url()),
                // Each person has an address of their own, so nobody reaches a rate limit.
                ("AURA_AUTH_TRUSTED_PROXY_HEADERS", "true"),
                ("AURA_AUTH_PROVIDER_CALLS_PER_HOUR", "3600000"),
            ])
            .envs(environment.iter().copied());
        App::start(&mut shell)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns a new person.
    pub(crate) fn person(&self) -> Person {
        Person::new(&self.http, &self.url(), self.people.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns this many new people, after each has signed in, one after the other.
    pub(crate) async fn signed_in(&self, how_many: usize) -> Result<Vec<Person>> {
        let mut people = Vec::with_capacity(how_many);
        for _ in 0..how_many {
            let mut person = self.person();
            person.sign_in().await?;
            person.read().await?;
            people.push(person);
        }
        Ok(people)
    }
}
