//! Checks that read the repository and need nothing built.

pub(crate) mod arrows;
pub(crate) mod evidence;
pub(crate) mod layout;
pub(crate) mod licences;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::steps::{command, output_of};

/// `cargo metadata`, the resolved dependency graph included.
pub(crate) fn metadata() -> Result<Value> {
    let text = output_of(command(&["cargo", "metadata", "--format-version", "1", "--locked"]))?;
    serde_json::from_str(&text).context("cargo metadata printed something that is not JSON")
}

/// The files git knows, below the root.
pub(crate) fn tracked_files() -> Result<Vec<String>> {
    let text = output_of(command(&["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    Ok(text.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// Good when nothing was found; otherwise an error with a line for each finding.
pub(crate) fn none(findings: &[String]) -> Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} found\n  {}", findings.len(), findings.join("\n  "))
}

/// The members of a JSON list, or none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text at a JSON pointer, or nothing.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
