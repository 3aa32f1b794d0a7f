//! Measures, and prints the tables of the README.
//!
//! Every figure stands beside what it is compared with, measured in the same run on the same machine. What could not be
//! measured is printed as such with the reason, and makes the command fail: a hole in the table is never silent.

mod figure;
mod options;

#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod screen;

use anyhow::{Result, bail};

use figure::Table;
use options::{Options, Suite};

/// `cargo xtask bench [call, server, peer, soak] [--json] [--quick] [--debug]`.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let mut holes = 0;
    for suite in &options.suites {
        let table = match suite {
            Suite::Call => call(&options)?,
            Suite::Server | Suite::Peer | Suite::Soak => bail!("`bench {}` is not measured yet", suite.name()),
        };
        table.print(options.json)?;
        holes += table.holes();
    }
    if holes > 0 {
        bail!("{holes} figures could not be measured");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn call(options: &Options) -> Result<Table> {
    call::measure(options)
}

/// The rig of the measurements is made of Linux's parts.
#[cfg(not(target_os = "linux"))]
fn call(_options: &Options) -> Result<Table> {
    bail!("`bench call` needs Linux")
}
