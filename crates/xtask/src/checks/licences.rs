//! The licences of everything that ends up in a package, Rust and JavaScript, against a list of those that agree with
//! MIT and Apache-2.0. cargo-deny checks more where it is installed; this needs nothing but cargo.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{list, metadata, none, text};
use crate::paths;

/// Permissive, or copyleft of a file at the most (MPL): nothing that reaches over to our own code. `.deny.toml` has
/// the same list.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "OpenSSL",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// npm packages whose manifest names none, with where they say it.
const SAID_ELSEWHERE: &[(&str, &str)] = &[("node_modules/wildemitter", "its README says MIT")];

/// Every package has a licence that is allowed.
pub(crate) fn licences() -> Result<()> {
    let mut findings = Vec::new();
    for package in list(&metadata()?, "/packages") {
        // Our own packages are not published and carry the workspace's licence.
        let licence = text(package, "/license").replace('/', " OR ");
        if !allowed(&licence) {
            findings.push(format!("{} {}: `{licence}`", text(package, "/name"), text(package, "/version")));
        }
    }
    let lock = fs::read_to_string(paths::root().join("ui/package-lock.json")).context("cannot read the lock file")?;
    let lock: Value = serde_json::from_str(&lock).context("ui/package-lock.json is not JSON")?;
    let packages = lock.get("packages").and_then(Value::as_object).context("ui/package-lock.json has no packages")?;
    for (name, package) in packages {
        // What only builds or tests is not distributed.
        let elsewhere = SAID_ELSEWHERE.iter().any(|(known, _)| known == name);
        let licence = text(package, "/license");
        if package.get("dev").is_none() && !name.is_empty() && !elsewhere && !allowed(licence) {
            findings.push(format!("npm {name}: `{licence}`"));
        }
    }
    none(&findings)
}

/// An SPDX expression holds when each part joined by AND holds, and of parts joined by OR one does.
fn allowed(expression: &str) -> bool {
    let expression = expression.trim();
    let split = |word: &str| top_level(expression, word);
    let ors = split(" OR ");
    if ors.len() > 1 {
        return ors.iter().any(|part| allowed(part));
    }
    let ands = split(" AND ");
    if ands.len() > 1 {
        return ands.iter().all(|part| allowed(part));
    }
    match expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => allowed(inner),
        None => ALLOWED.contains(&expression),
    }
}

/// Splits at `word` where it stands in no brackets.
fn top_level<'a>(expression: &'a str, word: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= start && expression.get(at..).is_some_and(|rest| rest.starts_with(word)) => {
                parts.extend(expression.get(start..at));
                start = at + word.len();
            }
            _ => {}
        }
    }
    parts.extend(expression.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_allowed_by_its_meaning() {
        for good in ["MIT", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"] {
            assert!(allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR AGPL-3.0) AND MIT"] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
