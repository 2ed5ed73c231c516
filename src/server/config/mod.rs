//! The environment variables, and the errors and warnings of a configuration.

mod config_error;
mod env;

pub use self::config_error::{ConfigError, ConfigProblem, ConfigWarning};

pub(crate) use self::env::{Env, Variables};
