//! What stands between cargo and rustc while the fuzz targets are compiled: our own crates get the counters that the
//! engine looks at. Those of others are the ones that are there already, as every other step uses them.
//!
//! The flags are those of cargo-fuzz (`src/project.rs`, "sanitizer none"), all of which stable Rust knows.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

/// Set where this program is to be the wrapper (`RUSTC_WORKSPACE_WRAPPER`).
pub(crate) const ASKED: &str = "ZVONOK_FUZZ_RUSTC";

const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Without any optimisation most of the time would go into serde's moves; with some, checks are off unless asked for.
    "-Copt-level=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
];

/// Runs `rustc …`, as given, with the flags where they belong.
pub(crate) fn run() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(rustc) = arguments.next() else { return ExitCode::FAILURE };
    let arguments: Vec<OsString> = arguments.collect();
    let mut command = Command::new(rustc);
    if is_ours(&arguments) {
        command.args(FLAGS);
    }
    match command.args(&arguments).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("cannot start the compiler: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether it is a crate of ours for the fuzz program: not a build script, which runs without an engine.
fn is_ours(arguments: &[OsString]) -> bool {
    let name = arguments.windows(2).find_map(|pair| match pair {
        [flag, name] if flag == "--crate-name" => name.to_str(),
        _ => None,
    });
    name.is_some_and(|name| name == "fuzz" || name.starts_with("zvonok"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_crates_are_counted_and_build_scripts_are_not() {
        let is = |line: &str| is_ours(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(is("--crate-name zvonok_server --edition=2024 src/lib.rs") && is("--crate-name fuzz tests/fuzz.rs"));
        assert!(!is("--crate-name build_script_build src-tauri/build.rs") && !is("-vV") && !is("--crate-name serde"));
    }
}
