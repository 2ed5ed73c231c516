//! The server is asked to end while it is busy.

use std::time::{Duration, Instant};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth_load::{App, Person, Result, resident};
use tokio::time::sleep;

use super::crowd::{Report, all_at_once};
use super::world::{PEOPLE, World};

pub(crate) async fn run(world: &World) -> Result<Vec<Report>> {
    let mut reports = Vec::new();
    for round in 1..=5 {
        reports.push(under_load(world, round).await?);
    }
    reports.push(while_the_provider_is_waited_for(world).await?);
    Ok(reports)
}

/// The app is asked to end while people read sessions and sign in as fast as they can.
async fn under_load(world: &World, round: u32) -> Result<Report> {
    let mut report = Report::new(format!("server: SIGTERM under load, {round}"));
    let mut app = world.start()?;
    let readers = world.signed_in(PEOPLE / 2).await?;
    let read = all_at_once(readers, |person: Person| async move {
        let mut reads = 0;
        loop {
            match person.read().await {
                Ok(()) => reads += 1,
                Err(error) => break (reads, if is_refused(&*error) { None } else { Some(error) }),
            }
        }
    });
    let sign_in = all_at_once((0..PEOPLE / 2).map(|_| world.person()).collect(), |person: Person| async move {
        let mut endings = Vec::new();
        loop {
            let start = Instant::now();
            match person.clone().sign_in().await {
                Err(error) if is_refused(&*error) => break endings,
                ending => {
                    let is_over = ending.is_err();
                    endings.push((ending, start.elapsed()));
                    if is_over {
                        break endings;
                    }
                }
            }
        }
    });
    let stop = async {
        sleep(Duration::from_secs(1)).await;
        let memory = resident(app.id())?;
        app.terminate()?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(memory)
    };
    let (reads, endings, memory) = tokio::join!(read, sign_in, stop);
    report.memory = memory?;
    for (ending, took) in endings.into_iter().flat_map(|(endings, _)| endings) {
        report.count(ending, took);
    }
    let mut count = 0;
    for ((reads, lost), _) in reads {
        count += reads;
        report.count_read(lost.map_or(Ok(()), Err));
    }
    report.what += &format!(" ({count} reads)");
    ends_well(&mut report, &mut app);
    Ok(report)
}

/// The app is asked to end while callbacks wait for a slow provider.
async fn while_the_provider_is_waited_for(world: &World) -> Result<Report> {
    let mut report = Report::new("server: SIGTERM while the provider is waited for");
    let mut app = world.start()?;
    let bitbucket = &world.provider.bitbucket;
    bitbucket.inject_fault(StandInEndpoint::Token, Some(InjectedFault::Slow(Duration::from_secs(3))));
    let people = (0..PEOPLE).map(|_| world.person()).collect();
    let sign_ins = all_at_once(people, |mut person: Person| async move { person.sign_in().await });
    let stop = async {
        sleep(Duration::from_secs(2)).await;
        let memory = resident(app.id())?;
        app.terminate()?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(memory)
    };
    let (endings, memory) = tokio::join!(sign_ins, stop);
    report.memory = memory?;
    bitbucket.inject_fault(StandInEndpoint::Token, None);
    for (ending, took) in endings {
        report.count(ending, took);
    }
    report.expect(report.signed_in == PEOPLE, || "somebody was turned away".to_owned());
    ends_well(&mut report, &mut app);
    Ok(report)
}

fn ends_well(report: &mut Report, app: &mut App) {
    match app.ended_within(Duration::from_secs(12)) {
        Ok(status) => report.expect(status.success(), || format!("it ended with {status}")),
        Err(error) => report.wrong.push(error.to_string()),
    }
    report.expect(app.panics() == 0, || "it panicked".to_owned());
}

/// Returns whether the connection was refused. If so, the server had not accepted the request, so no request is lost.
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect)
}
