//! What the keys are derived from.

use crate::server::AuthBuilder;
use crate::server::jose::Secret;

impl AuthBuilder {
    /// The secret that keys are derived from, at least 32 random bytes as text
    /// (`AURA_AUTH_SECRET`).
    pub fn secret(mut self, secret: &str) -> Self {
        self.secret = Some(Secret::new(secret.to_owned()));
        self
    }

    /// The salt that keys are derived with, at least 32 random bytes as text (`AURA_AUTH_SALT`).
    pub fn salt(mut self, salt: &str) -> Self {
        self.salt = Some(Secret::new(salt.to_owned()));
        self
    }

    /// Secrets that were in use before (`AURA_AUTH_SECRET_PREVIOUS`, separated by commas). What they
    /// sealed is still opened, and a session of theirs gets a new cookie when it is next used. Take
    /// one away once the longest session that it could have made is over.
    pub fn previous_secrets<S: Into<String>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.previous_secrets = Some(secrets.into_iter().map(|secret| Secret::new(secret.into())).collect());
        self
    }
}
