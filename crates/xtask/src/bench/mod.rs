//! Measures, and prints the tables of the README.

use anyhow::{Result, bail};

/// `cargo xtask bench [call, server, peer, soak] [--json] [--quick]`.
pub(crate) fn bench(_arguments: &[String]) -> Result<()> {
    bail!("nothing is measured yet")
}
