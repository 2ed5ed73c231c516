//! The secrets and the salt that keys are derived from.

use crate::Secret;
use crate::server::AuthBuilder;

impl AuthBuilder {
    /// Sets the secret that keys are derived from: at least 32 random bytes as text (`AURA_AUTH_SECRET`).
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sets the salt that keys are derived with: at least 32 random bytes as text (`AURA_AUTH_SALT`).
    pub fn salt(mut self, salt: impl Into<Secret>) -> Self {
        self.salt = Some(salt.into());
        self
    }

    /// Sets secrets that were used before (`AURA_AUTH_SECRET_PREVIOUS`, separated by commas). Their tokens are still
    /// accepted, and a session of an earlier secret receives a new cookie when it is next used. Remove a secret when
    /// every session that it may have made has expired.
    pub fn previous_secrets<S: Into<Secret>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.previous_secrets = Some(secrets.into_iter().map(Into::into).collect());
        self
    }
}
