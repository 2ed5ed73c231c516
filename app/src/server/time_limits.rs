use std::time::Duration;

use clap::Args;

/// How long clients may take.
#[derive(Args, Clone, Copy, Debug)]
pub struct TimeLimits {
    /// How many seconds a client may take to send a request's line and headers
    #[arg(long, value_name = "SECONDS", env = "HEADER_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(super) header_timeout: Duration,
    /// How many seconds a request with its body may take until its answer begins
    #[arg(long, value_name = "SECONDS", env = "REQUEST_TIMEOUT", default_value = "35", value_parser = seconds)]
    pub(super) request_timeout: Duration,
    /// For how many seconds after SIGTERM connections that are there may bring one more request
    #[arg(long, value_name = "SECONDS", env = "DRAIN_TIMEOUT", default_value = "1", value_parser = seconds)]
    pub(super) drain_timeout: Duration,
    /// How many seconds requests that are under way may take after that
    #[arg(long, value_name = "SECONDS", env = "SHUTDOWN_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub(super) shutdown_timeout: Duration,
}

impl Default for TimeLimits {
    /// A client that needs more than ten seconds for headers keeps the connection busy and wants no answer. A sign-in
    /// asks the provider three times and waits ten seconds for each answer. A connection that is closed just as the
    /// client uses it loses that request, so each is closed by an answer that says so, where one comes soon.
    fn default() -> Self {
        let [header_timeout, request_timeout, drain_timeout, shutdown_timeout] =
            [10, 35, 1, 10].map(Duration::from_secs);
        Self { header_timeout, request_timeout, drain_timeout, shutdown_timeout }
    }
}

/// The longest limit, in seconds. Such a connection is as good as one without a limit.
const MAX_SECONDS: f64 = 3600.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0 && *seconds <= MAX_SECONDS);
    let limit = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    limit.ok_or_else(|| format!("it is a number of seconds, more than 0 and at most {MAX_SECONDS}"))
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
