//! The server's clock is changed while people are signed in, and while they sign in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aura_auth_load::{App, Ending, Person, Result};
use tokio::time::sleep;

use super::crowd::{Report, all_at_once};
use super::world::{PEOPLE, World};

/// Runs the app under libfaketime, wherever the system has installed it. A file contains the offset of the clock.
const FAKETIME: &str = "for LD_PRELOAD in /usr/lib*/faketime/libfaketimeMT.so.1 /usr/lib/*/faketime/libfaketimeMT.so.1
    do [ -e \"$LD_PRELOAD\" ] && break
    done
    [ -e \"$LD_PRELOAD\" ] || { echo 'libfaketime is missing' >&2; exit 1; }
    export LD_PRELOAD";

/// A jump of the clock.
struct Jump {
    what: &'static str,
    seconds: i64,
    sessions: Sessions,
    /// Whether a person who is on the provider's page can still complete the sign-in.
    flows_go_on: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sessions {
    LiveOn,
    /// The sessions are not valid yet, but they become valid again.
    AreBackLater,
    Ended,
}

const JUMPS: [Jump; 5] = [
    Jump { what: "ten seconds back", seconds: -10, sessions: Sessions::LiveOn, flows_go_on: true },
    Jump { what: "an hour back", seconds: -3600, sessions: Sessions::AreBackLater, flows_go_on: true },
    Jump { what: "a minute on", seconds: 60, sessions: Sessions::LiveOn, flows_go_on: true },
    Jump { what: "an hour on", seconds: 3600, sessions: Sessions::LiveOn, flows_go_on: false },
    Jump { what: "a year on", seconds: 365 * 86_400, sessions: Sessions::Ended, flows_go_on: false },
];

pub(crate) async fn run(world: &World) -> Result<Vec<Report>> {
    let file = std::env::temp_dir().join(format!("aura-auth-chaos-{}", std::process::id()));
    let clock = Clock(file);
    let mut reports = Vec::new();
    for jump in JUMPS {
        clock.set(0).await?;
        let app = world.start_under(
            FAKETIME,
            &[
                ("FAKETIME_TIMESTAMP_FILE", &clock.0.to_string_lossy()),
                ("FAKETIME_NO_CACHE", "1"),
                // Durations are measured with the real monotonic clock.
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ],
        )?;
        reports.push(one(world, &app, &clock, &jump).await?);
    }
    Ok(reports)
}

async fn one(world: &World, app: &App, clock: &Clock, jump: &Jump) -> Result<Report> {
    let mut report = Report::new(format!("clock: {}", jump.what));
    let people = world.signed_in(PEOPLE / 2).await?;
    let mut waiting = Vec::new();
    for _ in 0..PEOPLE / 2 {
        let mut person = world.person();
        let authorize = person.begin().await?;
        waiting.push((person.consent(authorize).await?, person));
    }
    clock.set(jump.seconds).await?;

    for person in &people {
        let lives = person.read().await.is_ok();
        report.expect(lives == (jump.sessions == Sessions::LiveOn), || format!("a session lives: {lives}"));
    }
    for (callback, mut person) in waiting {
        let ending = person.come_back(callback).await;
        let goes_on = matches!(ending, Ok(Ending::SignedIn));
        report.count(ending, Duration::ZERO);
        report.expect(goes_on == jump.flows_go_on, || format!("a flow goes on: {goes_on}"));
    }
    // Everybody can sign in, including those who have signed in before.
    let sign_in = |mut person: Person| async move {
        let ending = person.sign_in().await;
        (person.read().await, ending)
    };
    for ((read, ending), took) in all_at_once(people.clone(), sign_in).await {
        report.expect(matches!(ending, Ok(Ending::SignedIn)), || "somebody can't sign in".to_owned());
        report.count(ending, took);
        report.count_read(read);
    }

    clock.set(0).await?;
    for person in people {
        // A sign-in ends the earlier session if the server can read it. An earlier session that is not valid yet is not
        // ended, so it must be valid again now.
        if jump.sessions == Sessions::AreBackLater {
            report.count_read(person.read().await);
        }
    }
    report.look_at(app)?;
    Ok(report)
}

/// The file that contains the clock's offset.
struct Clock(PathBuf);

impl Clock {
    async fn set(&self, seconds: i64) -> Result {
        let file: &Path = &self.0;
        std::fs::write(file, format!("{seconds:+}\n"))?;
        sleep(Duration::from_millis(50)).await;
        Ok(())
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
