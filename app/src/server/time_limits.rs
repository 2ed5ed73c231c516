use std::time::Duration;

use clap::Args;

/// The time limits of clients.
#[derive(Args, Clone, Copy, Debug)]
pub struct TimeLimits {
    /// How many seconds a client may take to send the request line and headers
    #[arg(long, value_name = "SECONDS", env = "HEADER_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(super) header_timeout: Duration,
    /// How many seconds a request may take, with its body, until its response starts
    #[arg(long, value_name = "SECONDS", env = "REQUEST_TIMEOUT", default_value = "35", value_parser = seconds)]
    pub(super) request_timeout: Duration,
    /// For how many seconds after SIGTERM open connections may send one more request
    #[arg(long, value_name = "SECONDS", env = "DRAIN_TIMEOUT", default_value = "1", value_parser = seconds)]
    pub(super) drain_timeout: Duration,
    /// How many seconds pending requests may take after that
    #[arg(long, value_name = "SECONDS", env = "SHUTDOWN_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(super) shutdown_timeout: Duration,
}

impl Default for TimeLimits {
    /// The reasons of the defaults:
    ///
    /// - Headers, 10 seconds: a slower client only occupies the connection (slowloris).
    /// - Request, 35 seconds: a sign-in sends three requests to the provider, and waits up to 10 seconds for each
    ///   response.
    /// - Drain, 1 second: if the server closes a connection just when the client sends a request, this request is lost.
    ///   So a response with `Connection: close` ends the connection, if a request arrives in this time.
    fn default() -> Self {
        let [header_timeout, request_timeout, drain_timeout, shutdown_timeout] =
            [10, 35, 1, 10].map(Duration::from_secs);
        Self { header_timeout, request_timeout, drain_timeout, shutdown_timeout }
    }
}

/// The maximum of a limit, in seconds. A longer limit would be as good as none.
const MAX_SECONDS: f64 = 3600.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= MAX_SECONDS);
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.ok_or_else(|| format!("use a number of seconds that is greater than 0 and at most {MAX_SECONDS}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        limits: TimeLimits,
    }

    #[test]
    fn a_program_without_settings_has_the_default_limits() {
        let Program { limits } = Program::parse_from(["program"]);
        assert_eq!(format!("{limits:?}"), format!("{:?}", TimeLimits::default()));
    }

    #[test]
    fn a_limit_is_a_positive_number_of_seconds_up_to_an_hour() {
        for (text, milliseconds) in [("10", 10_000), ("0.5", 500), ("3600", 3_600_000)] {
            assert_eq!(seconds(text), Ok(Duration::from_millis(milliseconds)));
        }
        for text in ["", "0", "-1", "1e300", "3601", "inf", "NaN", "10s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
