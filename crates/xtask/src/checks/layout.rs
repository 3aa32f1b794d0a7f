//! What stands at the root (house rule A1), and how long files are (A9).

use std::fs;

use anyhow::{Context, Result};

use super::{none, tracked_files};
use crate::paths;

/// Everything that may stand at the root, besides dot-files and dot-folders.
const ROOT: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "icons",
    "src-tauri",
    "tauri.conf.json",
    "tests",
    "ui",
];

/// Lines of code from which on a file needs a split or a reason.
const LONG: usize = 500;

/// Lines of code that no reason excuses.
const TOO_LONG: usize = 800;

/// Files between the two, each with its reason.
const EXCUSED: &[(&str, &str)] = &[];

/// Nothing stands at the root that has no business there.
pub(crate) fn root() -> Result<()> {
    let mut names: Vec<String> =
        tracked_files()?.iter().filter_map(|file| file.split('/').next().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names.retain(|name| !name.starts_with('.') && !ROOT.contains(&name.as_str()));
    none(&names)
}

/// No file is too long to be read in one sitting.
pub(crate) fn lengths() -> Result<()> {
    let mut findings = Vec::new();
    for file in tracked_files()? {
        let generated = file.ends_with("bindings.ts");
        let code = ["rs", "ts", "svelte", "js", "mjs", "css"].iter().any(|end| file.ends_with(&format!(".{end}")));
        if !code || generated {
            continue;
        }
        let path = paths::root().join(&file);
        // Deleted, and not committed yet.
        if !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        let length = code_lines(&text);
        let excused = EXCUSED.iter().any(|(name, _)| *name == file);
        if length > TOO_LONG || (length > LONG && !excused) {
            findings.push(format!("{file} has {length} lines of code; over {LONG} needs a split"));
        }
    }
    none(&findings)
}

/// Lines that are neither empty nor a comment. A file's own tests, at its end, do not count.
fn code_lines(text: &str) -> usize {
    let end = text.find("\n#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text.get(..end)
        .unwrap_or(text)
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !["//", "/*", "*", "<!--"].iter().any(|mark| line.starts_with(mark)))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_blank_lines_and_the_file_s_own_tests_are_not_code() {
        let text =
            "//! doc\n\n/// more\nfn a() {\n    // why\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
        assert_eq!(code_lines(text), 3);
    }
}
