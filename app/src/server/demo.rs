use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use aura_auth::testing::BitbucketStandIn;
use aura_auth::{ConfigError, ConfigProblem, Secret, SystemRandom, generate_secret};
use axum::Router;

use crate::server::check;
use crate::server::cli::Options;
use crate::server::database::SessionStore;
use crate::server::router::DemoAuth;

/// The path of the stand-in.
const PATH: &str = "/_bitbucket";

/// Configures the demo for a loopback address. Any other address is an error, since everybody who can reach the
/// stand-in can sign in as anybody.
pub(super) fn configure(
    address: SocketAddr,
    options: &Options,
    store: &SessionStore,
) -> Result<DemoAuth, Box<dyn Error>> {
    if !address.ip().is_loopback() {
        return Err(format!(
            "the demo can't listen on {address}, because everybody who can reach it can sign in as any account: \
             remove --host, or configure a Bitbucket consumer (see .env.example)"
        )
        .into());
    }
    let origin = format!("http://{address}");
    // The client secret is new at every start: only this process needs it.
    let client_secret = generate_secret(&SystemRandom)?;
    let callback = format!("{origin}/auth/callback/bitbucket");
    let bitbucket = BitbucketStandIn::new("demo", client_secret.expose(), &callback);
    let provider = || check::provider(bitbucket.provider(&format!("{origin}{PATH}")), options);
    // Even if the environment allows other hosts, the demo answers only on this computer.
    let no_hosts: [&str; 0] = [];
    let builder = || check::builder(options, store).oauth([provider()]).base_url(&origin).allowed_hosts(no_hosts);
    let auth = match builder().build() {
        Err(error) if lacks_secrets(&error) => {
            let (secret, salt) = secrets(options.demo_secrets.as_deref())?;
            builder().secret(secret).salt(salt).build()?
        }
        configured => configured?,
    };
    Ok(DemoAuth { auth, stand_in: Router::new().nest(PATH, bitbucket.router()) })
}

fn lacks_secrets(error: &ConfigError) -> bool {
    error.problems().iter().any(|problem| matches!(problem, ConfigProblem::SecretMissing | ConfigProblem::SaltMissing))
}

/// Returns the secret and salt of the file. If the file is missing, it is created, so that people stay signed in after
/// a restart. Without a file name, returns new ones.
fn secrets(file: Option<&Path>) -> Result<(Secret, Secret), Box<dyn Error>> {
    if let Some(kept) = file.and_then(read) {
        return Ok(kept);
    }
    let made = (generate_secret(&SystemRandom)?, generate_secret(&SystemRandom)?);
    if let Some(file) = file {
        fs::write(file, crate::server::cli::env_lines(made.0.expose(), made.1.expose()))?;
        #[cfg(unix)]
        fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(made)
}

fn read(file: &Path) -> Option<(Secret, Secret)> {
    let pairs: Vec<(String, String)> = dotenvy::from_path_iter(file).ok()?.filter_map(Result::ok).collect();
    let get = |name: &str| pairs.iter().find(|(found, _)| found == name).map(|(_, value)| Secret::from(value));
    Some((get("AURA_AUTH_SECRET")?, get("AURA_AUTH_SALT")?))
}
