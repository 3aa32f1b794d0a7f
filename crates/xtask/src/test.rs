//! `cargo xtask test`: everything that has to hold before a change is good, the cheap things first.

use std::{fs, process::Command};

use anyhow::{Context, Result};

use crate::{
    checks::{arrows, evidence, layout, licences},
    fuzz,
    packages::Purpose,
    paths, run, setup,
    steps::{Steps, command, count_tests, sh},
    toolchain,
};

/// The steps by name, in their order: `tests/evidence.toml` refers to them.
pub(crate) const STEPS: &[&str] = &[
    "set-up",
    "root",
    "lengths",
    "evidence",
    "arrows",
    "licences",
    "format",
    "typos",
    "deny",
    "ui build",
    "ui check",
    "ui lint",
    "ui test",
    "clippy",
    "build",
    "tests",
    "doc tests",
    "rustdoc",
    "fuzz",
    "windows",
    "browser",
    "peer connection",
    "app",
    "echo call",
    "echo call without UDP",
];

/// The target that stands for Windows.
const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// Runs every step; `quick` leaves out what needs a display or a browser.
pub(crate) fn test(quick: bool) -> Result<()> {
    let mut steps = Steps::default();
    let purpose = if quick { Purpose::Build } else { Purpose::Test };
    if !steps.check("set-up", || setup::prepare(purpose)) {
        return steps.finish();
    }
    still(&mut steps);
    let ui = interface(&mut steps);
    if !ui {
        // The app embeds the built windows: without them nothing below compiles.
        for name in ["clippy", "build", "tests", "doc tests", "rustdoc"] {
            steps.skip(name, "the windows could not be built");
        }
        return steps.finish();
    }
    let built = rust(&mut steps);
    if quick {
        for name in ["fuzz", "windows", "browser", "peer connection", "app", "echo call", "echo call without UDP"] {
            steps.skip(name, "--quick");
        }
        return steps.finish();
    }
    steps.step("fuzz", fuzz::short);
    steps.check("windows", || {
        toolchain::target(WINDOWS)?;
        cargo(&["check", "--workspace", "--target", WINDOWS])
    });
    if built {
        live(&mut steps);
    } else {
        for name in ["browser", "peer connection", "app", "echo call", "echo call without UDP"] {
            steps.skip(name, "the programs could not be built");
        }
    }
    steps.finish()
}

/// What only reads the repository.
fn still(steps: &mut Steps) {
    steps.check("root", layout::root);
    steps.check("lengths", layout::lengths);
    steps.check("evidence", evidence::evidence);
    steps.check("arrows", arrows::arrows);
    steps.check("licences", licences::licences);
    steps.check("format", || sh(command(&["cargo", "fmt", "--all", "--check"])));
    // Debian packages neither, and building them takes longer than everything else here.
    if paths::on_path("typos").is_some() {
        steps.check("typos", || sh(command(&["typos", "--config", ".typos.toml"])));
    } else {
        steps.skip("typos", "the tool is not installed");
    }
    if paths::on_path("cargo-deny").is_some() {
        steps.check("deny", || sh(command(&["cargo", "deny", "--locked", "check", "--config", ".deny.toml"])));
    } else {
        steps.skip("deny", "cargo-deny is not installed; the step `licences` has its most important part");
    }
}

/// The windows. True when they could be built.
fn interface(steps: &mut Steps) -> bool {
    let folder = paths::root().join("ui");
    let built = steps.check("ui build", setup::build_ui);
    steps.check("ui check", || sh(setup::npm_run(&folder, "check")));
    steps.check("ui lint", || sh(setup::npm_run(&folder, "lint")));
    steps.step("ui test", || count_tests(setup::npm_run(&folder, "test")));
    built
}

/// The Rust side without a display. True when the programs are there.
fn rust(steps: &mut Steps) -> bool {
    steps.check("clippy", || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    let built = steps.check("build", || cargo(&["build", "--workspace", "--bins", "--tests"]));
    steps.step("tests", || {
        count_tests(match nextest() {
            // The journeys need a display: they are the step `app`.
            true => locked(&["nextest", "run", "--workspace", "--no-fail-fast", "-E", "not binary(journey)"]),
            false => locked(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]),
        })
    });
    steps.step("doc tests", || count_tests(locked(&["test", "--workspace", "--doc"])));
    steps.check("rustdoc", || {
        let mut doc = locked(&["doc", "--workspace", "--no-deps"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        sh(doc)
    });
    built
}

/// What needs a display or a browser.
fn live(steps: &mut Steps) {
    steps.step("browser", || {
        // The time is that of a whole file, which Node counts as a test; what a test waits for has deadlines of its own.
        let mut node = command(&["node", "--test", "--test-concurrency=1", "--test-timeout=900000"]);
        node.args(browser_tests()?).env("ZVONOK_SERVER_BIN", paths::debug_program("zvonok-server"));
        count_tests(node)
    });
    steps.check("peer connection", peer_connection);
    steps.step("app", || {
        count_tests(match nextest() {
            true => locked(&["nextest", "run", "--workspace", "--test", "journey", "--no-fail-fast"]),
            false => locked(&["test", "--workspace", "--test", "journey", "--no-fail-fast", "--", "--test-threads=1"]),
        })
    });
    steps.check("echo call", || run::echo_call(&paths::debug_program("zvonok")));
    steps.check("echo call without UDP", run::without_udp);
}

/// What a page may rely on of the peer connection that WebKitGTK lacks, tried out in WebKitGTK.
fn peer_connection() -> Result<()> {
    let vite = paths::root().join("ui/node_modules/.bin/vite").to_string_lossy().into_owned();
    let page = "crates/peer/examples/call/page/vite.config.mjs";
    sh(command(&[vite.as_str(), "build", "--logLevel", "error", "--config", page]))?;
    let display = ["xvfb-run", "-a", "dbus-run-session", "--"];
    let run = ["cargo", "run", "--quiet", "--locked", "-p", "zvonok-peer", "--example", "call", "--"];
    let checks = ["--name", "checks.html", "--seconds", "240"];
    sh(command(&[&display[..], &run, &checks].concat()))
}

/// The browser's test files. They are listed one by one because `node --test FOLDER` means different things to
/// different versions of Node.
fn browser_tests() -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![paths::root().join("tests/browser")];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".test.mjs") {
                files.push(path);
            }
        }
    }
    files.sort();
    anyhow::ensure!(!files.is_empty(), "tests/browser has no tests");
    Ok(files)
}

fn nextest() -> bool {
    paths::on_path("cargo-nextest").is_some()
}

fn cargo(words: &[&str]) -> Result<()> {
    sh(locked(words))
}

/// `cargo … --locked`, the flag before a `--` that ends cargo's own.
fn locked(words: &[&str]) -> Command {
    let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
    let (own, rest) = words.split_at(end);
    let mut cargo = command(&["cargo"]);
    cargo.args(own).arg("--locked").args(rest);
    cargo
}
