//! People sign in while everything fails: the provider, the server, the clock, the machine. If a failure is allowed,
//! the person must see an error; any other failure makes this program fail. Usage: `chaos <the program>`
#![allow(clippy::print_stdout, reason = "a command line talks to a person")]

mod clock;
mod crash;
mod crowd;
mod faults;
mod limits;
mod provider;
mod stop;
mod world;

use std::time::Instant;

use aura_auth_load::Result;
use crowd::Report;
use world::World;

#[tokio::main]
async fn main() -> Result {
    let program = std::env::args().nth(1).ok_or("say the program")?;
    let world = World::new(program)?;
    println!("| what fails | signed in | told | wrong | slowest | others read | memory |");
    println!("|---|---|---|---|---|---|---|");
    let start = Instant::now();
    let mut wrong = 0;
    let mut print = |reports: Vec<Report>| {
        for report in reports {
            println!("{report}");
            wrong += report.wrong.len();
            for what in report.wrong.iter().take(3) {
                println!("  wrong: {what}");
            }
        }
    };
    print(faults::run(&world).await?);
    print(crash::run(&world).await?);
    print(stop::run(&world).await?);
    print(clock::run(&world).await?);
    print(limits::run(&world).await?);
    println!("{:.0} s", start.elapsed().as_secs_f64());
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} wrong").into()) }
}
