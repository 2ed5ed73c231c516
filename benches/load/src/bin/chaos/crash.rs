//! The server is killed and started again while people sign in.

use std::time::{Duration, Instant};

use aura_auth_load::{Ending, Person, Result};
use tokio::time::sleep;

use super::crowd::{Report, all_at_once};
use super::world::{PEOPLE, World};

/// How often the server is killed.
const CRASHES: u32 = 4;
/// The longest time that a person stays on the provider's page, in milliseconds.
const LOOK: usize = 1500;

pub(crate) async fn run(world: &World) -> Result<Vec<Report>> {
    let mut report = Report::new(format!("server: killed and started again {CRASHES} times"));
    let mut app = world.start()?;
    let before = world.signed_in(20).await?;
    let start = Instant::now();
    let mut numbers = 0..;
    let sign_ins = all_at_once((0..PEOPLE).map(|_| world.person()).collect(), |person| {
        let pause = Duration::from_millis((numbers.next().unwrap_or(0) * 37 % LOOK) as u64);
        async move {
            let mut outcomes = Vec::new();
            // Until one second after the last kill.
            while start.elapsed() < Duration::from_secs(u64::from(CRASHES) + 1) {
                outcomes.push(patiently(person.clone(), pause).await);
            }
            outcomes
        }
    });
    let crashes = async {
        for _ in 0..CRASHES {
            sleep(Duration::from_secs(1)).await;
            app.kill()?;
            app = world.start()?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(app)
    };
    let (outcomes, app) = tokio::join!(sign_ins, crashes);
    let app = app?;
    let mut last = Vec::new();
    let mut begun_anew = 0;
    for outcome in outcomes.into_iter().flat_map(|(outcomes, _)| outcomes) {
        match outcome {
            Ok(outcome) => {
                report.count(Ok(Ending::SignedIn), outcome.took);
                begun_anew += u32::from(outcome.begun_anew);
                last.push(outcome.person);
            }
            Err(error) => report.count(Err(error), Duration::ZERO),
        }
    }
    report.what += &format!("; {begun_anew} began anew");
    // All sessions are still valid: those from before the crashes and those from between them.
    for person in before.iter().chain(&last) {
        report.count_read(person.read().await);
    }
    report.look_at(&app)?;
    Ok(vec![report])
}

struct Outcome {
    person: Person,
    took: Duration,
    /// The server was killed after the code was sent and before the response arrived, so the sign-in started again.
    begun_anew: bool,
}

/// Signs in like a person who reloads a page that does not load. Only if the callback was cut off may the sign-in have
/// to start again, because its code may be used up.
async fn patiently(mut person: Person, pause: Duration) -> Result<Outcome> {
    let start = Instant::now();
    let mut begun_anew = false;
    loop {
        let (authorize, _) = insistently(&mut person, |mut person| async move {
            let authorize = person.begin().await?;
            Ok((person, authorize))
        })
        .await?;
        sleep(pause).await;
        let callback = person.consent(authorize).await?;
        let (ending, was_cut_off) = insistently(&mut person, |mut person| {
            let callback = callback.clone();
            async move {
                let ending = person.come_back(callback).await?;
                Ok((person, ending))
            }
        })
        .await?;
        match ending {
            Ending::SignedIn => break,
            Ending::Told(_) if was_cut_off => begun_anew = true,
            other => return Err(format!("{other:?} without having been cut off").into()),
        }
    }
    insistently(&mut person, |person| async move {
        person.read().await?;
        Ok((person, ()))
    })
    .await?;
    Ok(Outcome { person, took: start.elapsed(), begun_anew })
}

/// Repeats a step until there is a response. Also returns whether a request was cut off after it was sent.
async fn insistently<T, F: Future<Output = Result<(Person, T)>>>(
    person: &mut Person,
    step: impl Fn(Person) -> F,
) -> Result<(T, bool)> {
    let mut was_cut_off = false;
    loop {
        match step(person.clone()).await {
            Ok((changed, done)) => {
                *person = changed;
                return Ok((done, was_cut_off));
            }
            Err(error) => match error.downcast_ref::<reqwest::Error>() {
                Some(failed) if !failed.is_timeout() => was_cut_off |= !failed.is_connect(),
                _ => return Err(error),
            },
        }
        sleep(Duration::from_millis(20)).await;
    }
}
