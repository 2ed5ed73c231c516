//! The server has few file descriptors, and then little memory.

use std::time::{Duration, Instant};

use aura_auth::testing::{InjectedFault, StandInEndpoint};
use aura_auth_load::{Ending, Person, Result};
use reqwest::{Method, StatusCode};
use tokio::net::TcpStream;

use super::crowd::{Report, all_at_once};
use super::world::{PEOPLE, World};

/// The largest body that the app reads, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

pub(crate) async fn run(world: &World) -> Result<Vec<Report>> {
    Ok(vec![few_files(world).await?, little_memory(world).await?])
}

/// 64 file descriptors, which are enough for about 30 connections. There are 200 people, and 40 idle connections.
async fn few_files(world: &World) -> Result<Report> {
    let mut report = Report::new("machine: 64 files");
    let app = world.start_under("ulimit -n 64", &[])?;
    let address = app.url.trim_start_matches("http://").to_owned();
    let mut idle = Vec::new();
    for _ in 0..40 {
        idle.push(TcpStream::connect(&address).await?);
    }
    let people = (0..PEOPLE).map(|_| world.person()).collect();
    let sign_in = |mut person: Person| async move { person.sign_in().await };
    for (ending, took) in all_at_once(people, sign_in).await {
        report.expect(matches!(ending, Ok(Ending::SignedIn)), || "somebody did not get in".to_owned());
        report.count(ending, took);
    }
    drop(idle);
    // The app must recover from the lack of file descriptors.
    for _ in 0..20 {
        let start = Instant::now();
        let ending = world.person().sign_in().await;
        report.expect(matches!(ending, Ok(Ending::SignedIn)), || format!("afterwards: {ending:?}"));
        report.count(ending, start.elapsed());
    }
    report.look_at(&app)?;
    Ok(report)
}

/// 192 MB of memory, and everything that uses memory: large responses, large bodies, long headers, many addresses.
async fn little_memory(world: &World) -> Result<Report> {
    let mut report = Report::new("machine: 192 MB, and floods");
    let app = world.start_under("ulimit -d 196608", &[])?;
    let everybody = || (0..PEOPLE).map(|_| world.person()).collect::<Vec<_>>();
    let reader = world.signed_in(1).await?.remove(0);

    for endpoint in [StandInEndpoint::Token, StandInEndpoint::User] {
        world.provider.bitbucket.inject_fault(endpoint, Some(InjectedFault::Huge));
        for (ending, took) in all_at_once(everybody(), |mut person: Person| async move { person.sign_in().await }).await
        {
            report.count(ending, took);
        }
        world.provider.bitbucket.inject_fault(endpoint, None);
        report.look_at(&app)?;
    }
    let bodies = all_at_once(everybody(), |person: Person| async move {
        let form = person.request(Method::POST, "/auth/signOut").body("x".repeat(LARGEST_BODY));
        Ok::<_, reqwest::Error>(form.header("content-type", "application/json").send().await?.status())
    });
    for (status, _) in bodies.await {
        report.expect(matches!(&status, Ok(status) if status.is_client_error()), || format!("a body: {status:?}"));
    }
    report.look_at(&app)?;
    let headers = all_at_once(everybody(), |person: Person| async move {
        let request = person.request(Method::GET, "/auth/session").header("x-long", "x".repeat(100 * 1024));
        Ok::<_, reqwest::Error>(request.send().await?.status())
    });
    for (status, _) in headers.await {
        report.expect(matches!(status, Ok(StatusCode::UNAUTHORIZED)), || format!("a header: {status:?}"));
    }
    report.look_at(&app)?;
    // The app keeps an entry for each address for some time.
    let addresses = (0..PEOPLE).map(|_| world.person()).collect();
    let begin = all_at_once(addresses, |_: Person| {
        let people: Vec<Person> = (0..300).map(|_| world.person()).collect();
        async move {
            for mut person in people {
                person.begin().await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        }
    });
    for (begun, _) in begin.await {
        report.expect(begun.is_ok(), || format!("{begun:?}"));
    }
    report.look_at(&app)?;
    for (ending, took) in all_at_once(everybody(), |mut person: Person| async move { person.sign_in().await }).await {
        report.expect(matches!(ending, Ok(Ending::SignedIn)), || format!("afterwards: {ending:?}"));
        report.count(ending, took);
    }
    report.count_read(reader.read().await);
    report.expect(report.slowest < Duration::from_secs(35), || "somebody waited too long".to_owned());
    report.look_at(&app)?;
    Ok(report)
}
