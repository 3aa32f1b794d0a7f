//! One command for everything a developer does: `cargo xtask run | test | bench | fuzz | shots | dist`.
//!
//! It depends on little so that it compiles in seconds on a fresh machine, and it is the one place that knows which
//! packages Zvonok needs, in which order things are built, and what has to hold before a change is good.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to a terminal")]

mod bench;
mod checks;
mod dist;
mod fuzz;
mod packages;
mod paths;
mod run;
mod setup;
mod shots;
mod steps;
mod test;
mod toolchain;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask run              build the app and start it with its own server and an echo contact
cargo xtask test [--quick]   every check and test; --quick leaves out what needs a display or a browser
cargo xtask bench [call, server, soak] [--only hub|media] [--json] [--quick] [--minutes N]
                             measure, and print the tables of the README; minutes are the soak's
cargo xtask fuzz [TARGET ...] [--minutes N] [--keep]
                             looks for inputs that break a reader, 10 minutes for each target unless said otherwise
cargo xtask shots            screenshots of every window and state, into target/shots/
cargo xtask dist             an installable package for this system, into target/dist/";

fn main() -> ExitCode {
    if std::env::var_os(fuzz::wrapper::ASKED).is_some() {
        return fuzz::wrapper::run();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match command.as_str() {
        "run" => only(rest, &[]).and_then(|()| run::run()),
        // What `run` does without a display once everything is built; the test without UDP starts it by itself.
        "echo" => only(rest, &[]).and_then(|()| run::echo_call(&paths::debug_program("zvonok"))),
        "test" => only(rest, &["--quick"]).and_then(|()| test::test(rest.iter().any(|flag| flag == "--quick"))),
        "bench" => bench::bench(rest),
        "fuzz" => fuzz::fuzz(rest),
        "shots" => only(rest, &[]).and_then(|()| shots::shots()),
        "dist" => only(rest, &[]).and_then(|()| dist::dist()),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n\n{HELP}"),
    }
}

/// Refuses arguments that the command does not know, rather than ignoring them.
fn only(arguments: &[String], known: &[&str]) -> Result<()> {
    match arguments.iter().find(|argument| !known.contains(&argument.as_str())) {
        Some(other) => bail!("`{other}` is not an option of this command\n\n{HELP}"),
        None => Ok(()),
    }
}
