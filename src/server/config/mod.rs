//! The environment, and what can be wrong with a configuration.

mod config_error;
mod env;

pub use self::config_error::{ConfigError, ConfigProblem, ConfigWarning};

pub(crate) use self::env::{Env, Variables};
