use std::fmt;
use std::net::SocketAddr;

/// All problems of a configuration at once.
///
/// The text has one line for each problem, with its fix. `Debug` prints the same lines, because Rust prints an error
/// with `Debug` when `main` returns it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

impl ConfigError {
    /// Returns an error with these problems, or `Ok` if there are none.
    pub(crate) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    pub(crate) fn of(problem: ConfigProblem) -> Self {
        Self { problems: vec![problem] }
    }

    /// Returns the problems, in the order of the settings.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{problem} [{}]", problem.code())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The problems start on a new line, because Rust prints `Error: ` before this text.
        write!(f, "the configuration is not valid:\n{self}")
    }
}

impl std::error::Error for ConfigError {}

/// A problem of the configuration. Its text says how to fix it and never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// No secret is set.
    #[error("AURA_AUTH_SECRET is not set: set it to the output of `openssl rand -base64 32`")]
    SecretMissing,
    /// No salt is set.
    #[error("AURA_AUTH_SALT is not set: set it to the output of `openssl rand -base64 32`")]
    SaltMissing,
    /// The secret or the salt is too weak.
    #[error("{setting} {reason}: replace it with the output of `openssl rand -base64 32`")]
    Weak {
        /// The name of the setting.
        setting: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// Secret and salt are the same.
    #[error("AURA_AUTH_SECRET and AURA_AUTH_SALT have the same value: use a different value for each")]
    SecretIsSalt,
    /// No built-in provider has this name.
    #[error(
        "there is no built-in provider `{id}`: use \"bitbucket\" or \"github\", or configure a provider of your own"
    )]
    UnknownProvider {
        /// The name that was given.
        id: String,
    },
    /// Two providers have the same id.
    #[error("the provider id `{id}` is used twice: give one of them another id")]
    DuplicateProvider {
        /// The id.
        id: String,
    },
    /// A provider has no client id or client secret.
    #[error("{setting} is not set: set it to the {what} that you got from the provider")]
    CredentialMissing {
        /// The name of the environment variable.
        setting: String,
        /// The provider's name for this value.
        what: &'static str,
    },
    /// An environment variable contains quotes, a comment or white space from the file in which it was written.
    #[error("{setting} {reason}")]
    Environment {
        /// The name of the environment variable.
        setting: String,
        /// What is wrong and how to fix it.
        reason: &'static str,
    },
    /// A provider's URL is neither https nor http to a loopback address, so secrets must not be sent to it.
    #[error(
        "the {which} URL of provider `{id}` is not a valid https URL (http is allowed only for loopback addresses): correct it"
    )]
    ProviderUrl {
        /// The provider.
        id: String,
        /// The kind of URL.
        which: &'static str,
    },
    /// A provider's id can't be used in a path and in a cookie's name.
    #[error("the provider id `{id}` is not valid: use only lower-case letters, digits and `-`")]
    ProviderId {
        /// The id.
        id: String,
    },
    /// A parameter of the authorization request would replace one that the flow's security depends on.
    #[error("provider `{id}` can't set the parameter `{name}`, which the flow sets itself: remove it")]
    ReservedParameter {
        /// The provider.
        id: String,
        /// The parameter.
        name: String,
    },
    /// Forwarding headers are trusted, but no setting says which origins they may name.
    #[error(
        "proxies are trusted (AURA_AUTH_TRUSTED_PROXIES or AURA_AUTH_TRUSTED_PROXY_HEADERS), but neither AURA_AUTH_BASE_URL nor AURA_AUTH_TRUSTED_ORIGINS is set: set the app's own origin in one of them"
    )]
    ProxyWithoutOrigins,
    /// The server would listen on a public address without knowing its own origin.
    #[error(
        "{address} is not a loopback address and the app's own origin is not known: set AURA_AUTH_BASE_URL, for example to https://app.example.com"
    )]
    PublicAddress {
        /// The address to listen on.
        address: SocketAddr,
    },
    /// The threshold of a sliding expiration is not between 0 and 1.
    #[error("session.expiration has the threshold {threshold}: choose a number from 0 to 1")]
    SlidingThreshold {
        /// The threshold that was given.
        threshold: String,
    },
    /// A PEM key can't be used.
    #[error("{setting} {reason}")]
    SigningKey {
        /// The name of the setting.
        setting: &'static str,
        /// What is wrong and how to fix it.
        reason: &'static str,
    },
    /// The value of a setting can't be used.
    #[error("{setting} {reason}")]
    Invalid {
        /// The name of the setting.
        setting: &'static str,
        /// What is wrong and how to fix it.
        reason: String,
    },
}

impl ConfigProblem {
    /// Returns the stable error code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SecretMissing => "JOSE_INITIALIZATION_SECRET_MISSING",
            Self::SaltMissing => "JOSE_INITIALIZATION_SALT_MISSING",
            Self::Weak { .. } | Self::SecretIsSalt => "INVALID_SALT_SECRET_VALUE",
            Self::UnknownProvider { .. } => "UNSUPPORTED_OAUTH_CONFIGURATION",
            Self::DuplicateProvider { .. } => "DUPLICATED_OAUTH_PROVIDER_ID",
            Self::CredentialMissing { .. } | Self::Environment { .. } => "INVALID_ENVIRONMENT_CONFIGURATION",
            Self::ProviderUrl { .. } => "INVALID_OAUTH_PROVIDER_URL_CONFIG",
            Self::ProviderId { .. } | Self::ReservedParameter { .. } => "INVALID_OAUTH_PROVIDER_SCHEMA_CONFIG",
            Self::ProxyWithoutOrigins => "AUTH_INVALID_PROXY_HEADERS_CONFIG",
            Self::PublicAddress { .. } => "CONFIG_BASE_URL_MISSING",
            Self::SlidingThreshold { .. } => "INVALID_SLIDING_THRESHOLD_CONFIG_VALUE",
            Self::SigningKey { .. } => "INVALID_PEM_KEY_PAIR_MODE_MISMATCH",
            Self::Invalid { .. } => "CONFIG_INVALID",
        }
    }
}

/// A setting that works but is less secure than it could be. Its text says how to fix it and never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigWarning {
    /// The forwarding headers of every peer are trusted, on an address that others than the proxy may reach.
    #[error(
        "{address} is not a loopback address, and AURA_AUTH_TRUSTED_PROXY_HEADERS trusts the forwarding headers of every peer: list the addresses of your proxies in AURA_AUTH_TRUSTED_PROXIES"
    )]
    EveryPeerTrusted {
        /// The address to listen on.
        address: SocketAddr,
    },
    /// The app's own origin uses http, so cookies and authorization codes are sent unencrypted.
    #[error(
        "AURA_AUTH_BASE_URL is {base_url}: an attacker on the network can read and take over sessions and sign-ins; use https"
    )]
    PlainHttp {
        /// The origin.
        base_url: String,
    },
    /// The secret or the salt has white space around it. This library removes the white space before it derives keys.
    #[error(
        "{variable} has white space around it, which this server ignores: a TypeScript server derives another key from it; remove the white space"
    )]
    PaddedSecret {
        /// The environment variable.
        variable: String,
    },
}

impl ConfigWarning {
    /// Returns the stable warning code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EveryPeerTrusted { .. } => "EVERY_PEER_TRUSTED",
            Self::PlainHttp { .. } => "BASE_URL_NOT_HTTPS",
            Self::PaddedSecret { .. } => "SECRET_HAS_WHITE_SPACE",
        }
    }
}
