//! The provider fails in every way, at every step.

use std::time::{Duration, Instant};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth_load::{App, Person, Result};

use super::crowd::{Report, all_at_once, reading};
use super::world::{PEOPLE, World};

const ENDPOINTS: [StandInEndpoint; 3] = [StandInEndpoint::Token, StandInEndpoint::User, StandInEndpoint::Emails];

pub(crate) async fn run(world: &World) -> Result<Vec<Report>> {
    let app = world.start()?;
    let reader = world.signed_in(1).await?.remove(0);
    let mut reports = Vec::new();
    for endpoint in ENDPOINTS {
        for (how, fault, is_fault) in injected_faults(&world.provider.url) {
            let report = Report::new(format!("provider, {endpoint:?}: {how}"));
            world.provider.bitbucket.inject_fault(endpoint, Some(fault));
            let report = everybody(world, &app, &reader, report, is_fault).await?;
            reports.push(report);
            world.provider.bitbucket.inject_fault(endpoint, None);
        }
    }
    reports.push(storm(world, &app, &reader).await?);
    reports.push(outage(world, &app).await?);
    // Without a fault, everybody can sign in again.
    let report = Report::new("nothing, after all that");
    reports.push(everybody(world, &app, &reader, report, false).await?);
    Ok(reports)
}

/// Returns the faults. The last field says whether the fault makes every sign-in fail.
fn injected_faults(provider: &str) -> Vec<(&'static str, InjectedFault, bool)> {
    vec![
        ("slow, 1 s", InjectedFault::Slow(Duration::from_secs(1)), false),
        ("slow, 20 s", InjectedFault::Slow(Duration::from_secs(20)), true),
        ("500", InjectedFault::ServerError, true),
        ("a page", InjectedFault::Html, true),
        ("two megabytes", InjectedFault::Huge, true),
        ("half an answer", InjectedFault::Truncated, true),
        ("closed within the answer", InjectedFault::Broken, true),
        ("silent within the answer", InjectedFault::Stalled, true),
        ("a redirect", InjectedFault::Redirect(format!("{provider}/2.0/user")), true),
        ("another JSON", InjectedFault::Json("[]".to_owned()), true),
    ]
}

/// All people sign in at once while another person reads a session.
async fn everybody(world: &World, app: &App, reader: &Person, mut report: Report, is_fault: bool) -> Result<Report> {
    let people = (0..PEOPLE).map(|_| world.person()).collect();
    let sign_in = |mut person: Person| async move { person.sign_in().await };
    let (endings, read) = reading(reader, all_at_once(people, sign_in)).await;
    for (ending, took) in endings {
        report.count(ending, took);
    }
    report.count_reads(read);
    let (signed_in, told) = if is_fault { (0, PEOPLE) } else { (PEOPLE, 0) };
    report.expect(report.signed_in == signed_in && report.told == told, || "others than should".to_owned());
    // A sign-in waits for at most three responses of ten seconds each, and three seconds are added as a margin.
    report.expect(report.slowest < Duration::from_secs(33), || "somebody waited too long".to_owned());
    report.look_at(app)?;
    Ok(report)
}

/// The endpoints change their faults every 50 ms. Each sign-in must end with a session or an error.
async fn storm(world: &World, app: &App, reader: &Person) -> Result<Report> {
    let mut report = Report::new("provider: each endpoint otherwise every 50 ms");
    let bitbucket = &world.provider.bitbucket;
    let changes = async {
        let quick = |fault: &InjectedFault| !matches!(fault, InjectedFault::Stalled | InjectedFault::Slow(_));
        let mut kinds: Vec<_> = injected_faults(&world.provider.url).into_iter().map(|kind| Some(kind.1)).collect();
        kinds.retain(|kind| kind.as_ref().is_some_and(quick));
        // Half of the time there is no fault.
        kinds.extend((0..kinds.len()).map(|_| None));
        for step in 0..200 {
            for (number, endpoint) in ENDPOINTS.into_iter().enumerate() {
                let kind = (step * (number + 2) + number * 5) % kinds.len();
                bitbucket.inject_fault(endpoint, kinds.get(kind).cloned().flatten());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        ENDPOINTS.into_iter().for_each(|endpoint| bitbucket.inject_fault(endpoint, None));
    };
    let end = Instant::now() + Duration::from_secs(10);
    let again_and_again = |mut person: Person| async move {
        let mut endings = Vec::new();
        while Instant::now() < end {
            let start = Instant::now();
            endings.push((person.sign_in().await, start.elapsed()));
        }
        endings
    };
    let people = (0..PEOPLE).map(|_| world.person()).collect();
    let (((), endings), read) =
        reading(reader, async { tokio::join!(changes, all_at_once(people, again_and_again)) }).await;
    for (ending, took) in endings.into_iter().flat_map(|(endings, _)| endings) {
        report.count(ending, took);
    }
    report.count_reads(read);
    report.expect(report.signed_in > 0 && report.told > 0, || "no storm".to_owned());
    report.look_at(app)?;
    Ok(report)
}

/// The provider is switched off while people are on its page and have approved.
async fn outage(world: &World, app: &App) -> Result<Report> {
    let mut report = Report::new("provider: switched off after the consent");
    let mut waiting = Vec::new();
    for _ in 0..PEOPLE {
        let mut person = world.person();
        let authorize = person.begin().await?;
        waiting.push((person.consent(authorize).await?, person));
    }
    world.provider.switch_off();
    let (callbacks, people): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
    let mut callbacks = callbacks.into_iter();
    let come_back = |mut person: Person| {
        let callback = callbacks.next();
        async move { person.come_back(callback.ok_or("nobody else")?).await }
    };
    for (ending, took) in all_at_once(people, come_back).await {
        report.count(ending, took);
    }
    world.provider.switch_on()?;
    report.expect(report.told == PEOPLE, || "somebody was not told".to_owned());
    report.look_at(app)?;
    Ok(report)
}
