//! Three processes of the app behind nginx, with one PostgreSQL and a provider that punishes the reuse of refresh tokens,
//! while parts of it fail. Every answer is checked. Usage: `cluster <the program> [the seconds of a phase]`
#![allow(clippy::print_stdout, reason = "a command line talks to a person")]

mod browser;
mod person;
mod provider;
mod service;
mod tally;
mod world;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aura_auth_load::Result;
use person::Person;
use service::Postgres;
use tally::Outcome;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;
use world::{PROCESSES, Setup, World};

/// The number of browsers. A third of them stay signed in for the whole phase.
const BROWSERS: usize = 60;
/// The lifetime of an access token, in seconds, where clocks do not jump.
const TOKEN_SECONDS: i64 = 5;
/// The time in which a process serves again after an outage: the time limit of a statement, and some more.
const GRACE: Duration = Duration::from_secs(8);

/// What fails in a phase.
#[derive(Clone, Copy)]
enum Phase {
    Calm,
    Kill,
    Database,
    Pooler,
    Clocks,
    Rolling,
}

impl Phase {
    const ALL: [Self; 6] = [Self::Calm, Self::Kill, Self::Database, Self::Pooler, Self::Clocks, Self::Rolling];

    fn name(self) -> &'static str {
        match self {
            Self::Calm => "1. Nothing fails",
            Self::Kill => "2. Each process is killed (SIGKILL) and started again",
            Self::Database => "3. PostgreSQL is down for two seconds, twice (immediate shutdown)",
            Self::Pooler => "4. PgBouncer in transaction mode",
            Self::Clocks => "5. Clocks a minute apart",
            Self::Rolling => "6. All processes are replaced, one after the other (SIGTERM)",
        }
    }
}

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    // The program starts in another folder.
    let program = std::path::absolute(arguments.next().ok_or("say the program")?)?.display().to_string();
    let seconds = arguments.next().map_or(Ok(30), |seconds| seconds.parse())?;
    // For development: only the phases with these numbers.
    let only: Vec<usize> = arguments.map(|number| number.parse()).collect::<std::result::Result<_, _>>()?;
    let folder = std::env::temp_dir().join(format!("aura-auth-cluster-{}", std::process::id()));
    let mut postgres = block_in_place(|| Postgres::start(folder.join("postgres")))?;
    let mut outcomes = Vec::new();
    for (number, phase) in (1..).zip(Phase::ALL) {
        if only.is_empty() || only.contains(&number) {
            let folder = folder.join(format!("phase-{number}"));
            let outcome = run(phase, &program, &folder, &mut postgres, Duration::from_secs(seconds)).await?;
            println!("{}", outcome.table());
            outcomes.push(outcome);
        }
    }
    println!("{}", Outcome::HEAD);
    outcomes.iter().for_each(|outcome| println!("{}", outcome.line()));
    drop(postgres);
    if outcomes.iter().all(Outcome::is_right) {
        let _ = std::fs::remove_dir_all(folder);
        return Ok(());
    }
    Err(format!("a count is not what it must be; the logs are in {}", folder.display()).into())
}

async fn run(phase: Phase, program: &str, folder: &Path, postgres: &mut Postgres, lasts: Duration) -> Result<Outcome> {
    let pooler = matches!(phase, Phase::Pooler);
    let clocks = matches!(phase, Phase::Clocks).then_some([-30, 0, 30]);
    // The processes compare the end of a token with their own clocks, so it must live for longer than they differ.
    let token_seconds = if clocks.is_some() { 7200 } else { TOKEN_SECONDS };
    let name = folder.file_name().map(|name| name.to_string_lossy().replace('-', "")).unwrap_or_default();
    let database = block_in_place(|| if pooler { postgres.pooled(&name) } else { postgres.database(&name) })?;
    let world = Arc::new(World::start(program, folder, Setup { database, pooler, token_seconds, clocks }).await?);
    let start = Instant::now();
    let stop = Arc::new(AtomicBool::new(false));
    let mut people = JoinSet::new();
    for number in 0..BROWSERS {
        let life = Duration::from_secs(token_seconds.unsigned_abs());
        let person = Person::new(&world, number, life)?;
        people.spawn(person.live(Arc::clone(&stop), number % 3 == 0));
    }
    let failed = fail(phase, &world, postgres, lasts).await;
    stop.store(true, Ordering::Relaxed);
    let people = people.join_all().await;
    failed?;
    // Everything is up. Each session that was not ended is alive in each process, and no other one.
    for person in &people {
        person.check().await;
    }
    let counted = world.provider.counted(&world.kills());
    for process in 0..PROCESSES {
        world.stop_process(process)?;
    }
    let panics = world.panics()?;
    // Each person holds the world.
    drop(people);
    let seconds = start.elapsed().as_secs_f64();
    let tally = Arc::into_inner(world).ok_or("a request is still running")?.tally;
    Ok(Outcome { name: phase.name(), tally, counted, panics, seconds })
}

/// Lets things fail for a while.
async fn fail(phase: Phase, world: &World, postgres: &mut Postgres, lasts: Duration) -> Result {
    let third = lasts / 3;
    match phase {
        Phase::Calm | Phase::Pooler => sleep(lasts).await,
        Phase::Kill => {
            for process in 0..PROCESSES {
                sleep(third / 2).await;
                world.begin_outage();
                world.kill_process(process)?;
                sleep(Duration::from_secs(1)).await;
                world.start_process(process)?;
                world.end_outage(GRACE);
                sleep(third / 2).await;
            }
        }
        Phase::Database => {
            for _ in 0..2 {
                sleep(third).await;
                world.begin_outage();
                block_in_place(|| postgres.switch_off())?;
                sleep(Duration::from_secs(2)).await;
                block_in_place(|| postgres.switch_on())?;
                world.end_outage(GRACE);
            }
            sleep(third + GRACE).await;
        }
        Phase::Clocks => {
            for _ in 0..5 {
                sleep(lasts / 6).await;
                world.jump(7200).await?;
            }
            sleep(lasts / 6).await;
        }
        Phase::Rolling => {
            for process in 0..PROCESSES {
                sleep(third / 2).await;
                world.begin_outage();
                world.stop_process(process)?;
                world.start_process(process)?;
                world.end_outage(Duration::from_millis(500));
                sleep(third / 2).await;
            }
        }
    }
    Ok(())
}
