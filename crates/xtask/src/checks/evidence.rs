//! `tests/evidence.toml`: every evidence line of an issue names what shows it, and that is there and not ignored.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::none;
use crate::{paths, test};

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    evidence: Vec<Line>,
}

/// One line of an issue's evidence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// Number of the issue.
    issue: u32,
    /// The line's words.
    line: String,
    /// Tests, each `FILE::NAME`.
    #[serde(default)]
    tests: Vec<String>,
    /// Steps of `cargo xtask test`.
    #[serde(default)]
    steps: Vec<String>,
    /// Command lines for what no test can show; each begins with `cargo xtask `.
    #[serde(default)]
    commands: Vec<String>,
    /// What is not shown yet, said openly; a line may not have this alone.
    #[serde(default)]
    missing: String,
}

/// Reads the file and looks up everything it names.
pub(crate) fn evidence() -> Result<()> {
    let path = paths::root().join("tests/evidence.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = toml::from_str(&text).context("tests/evidence.toml is malformed")?;
    let mut findings = Vec::new();
    for line in &file.evidence {
        let place = format!("issue {}, `{}`", line.issue, line.line);
        if line.tests.is_empty() && line.steps.is_empty() && line.commands.is_empty() {
            findings.push(format!("{place}: nothing shows it"));
        }
        for test in &line.tests {
            if let Err(error) = look_up(test) {
                findings.push(format!("{place}: {test}: {error:#}"));
            }
        }
        for step in &line.steps {
            if !test::STEPS.contains(&step.as_str()) {
                findings.push(format!("{place}: `cargo xtask test` has no step `{step}`"));
            }
        }
        for command in &line.commands {
            let known = ["run", "test", "bench", "fuzz", "shots", "dist"];
            let good = command
                .strip_prefix("cargo xtask ")
                .is_some_and(|rest| rest.split_whitespace().next().is_some_and(|word| known.contains(&word)));
            if !good {
                findings.push(format!("{place}: `{command}` is no command of ours"));
            }
        }
        if !line.missing.is_empty() {
            println!("{place}: not shown yet: {}", line.missing);
        }
    }
    none(&findings)
}

/// A test `FILE::NAME` is there and runs.
fn look_up(test: &str) -> Result<()> {
    let (file, name) = test.split_once("::").context("it is not FILE::NAME")?;
    let text = fs::read_to_string(paths::root().join(file)).context("there is no such file")?;
    let found = if file.ends_with(".rs") { rust_test(&text, name) } else { script_test(&text, name) };
    found.map_err(|reason| anyhow::anyhow!(reason))
}

/// A Rust test is a function that has a test attribute and no `ignore` among its attributes.
fn rust_test(text: &str, name: &str) -> Result<(), &'static str> {
    let at = text.find(&format!("fn {name}(")).ok_or("there is no such function")?;
    let before = text.get(..at).unwrap_or_default();
    let attributes: Vec<&str> = before
        .lines()
        .rev()
        .map(str::trim)
        .take_while(|line| line.starts_with('#') || line.starts_with("//") || *line == "async" || line.is_empty())
        .filter(|line| line.starts_with('#'))
        .collect();
    if !attributes.iter().any(|line| line.starts_with("#[test]") || line.contains("::test")) {
        return Err("it is not a test");
    }
    if attributes.iter().any(|line| line.contains("ignore")) {
        return Err("it is ignored");
    }
    Ok(())
}

/// A JavaScript test stands as `test("NAME"` or `it("NAME"`, without `skip`, `todo` or `only`.
fn script_test(text: &str, name: &str) -> Result<(), &'static str> {
    for quote in ['"', '\'', '`'] {
        if let Some(at) = text.find(&format!("{quote}{name}{quote}")) {
            let before = text.get(..at).unwrap_or_default().trim_end();
            let call = before.strip_suffix('(').ok_or("it is not the name of a test")?;
            if call.ends_with(".skip") || call.ends_with(".todo") {
                return Err("it is left out");
            }
            return if ["test", "it", "t.test"].iter().any(|word| call.ends_with(word)) {
                Ok(())
            } else {
                Err("it is not the name of a test")
            };
        }
    }
    Err("there is no test of this name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_missing_ignored_or_no_test_is_told_apart() {
        let text = "#[test]\nfn good() {}\n\n#[test]\n#[ignore = \"slow\"]\nfn slow() {}\n\nfn plain() {}\n\
                    #[tokio::test]\nasync fn soon() {}\n";
        assert_eq!(rust_test(text, "good"), Ok(()));
        assert_eq!(rust_test(text, "slow"), Err("it is ignored"));
        assert_eq!(rust_test(text, "plain"), Err("it is not a test"));
        assert_eq!(rust_test(text, "none"), Err("there is no such function"));
        let script = "test(\"runs\", () => {});\ntest.skip('sleeps', () => {});\nconst a = `words`;";
        assert_eq!(script_test(script, "runs"), Ok(()));
        assert_eq!(script_test(script, "sleeps"), Err("it is left out"));
        assert!(script_test(script, "words").is_err());
        assert!(script_test(script, "else").is_err());
    }

    #[test]
    fn an_async_test_counts() {
        assert_eq!(rust_test("#[tokio::test]\nasync fn soon() {}\n", "soon"), Ok(()));
    }
}
