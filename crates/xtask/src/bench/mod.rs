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
mod load;
#[cfg(target_os = "linux")]
mod page;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod server;
#[cfg(target_os = "linux")]
mod soak;

use anyhow::{Result, bail};

use figure::Table;
use options::{Options, Suite};

/// `cargo xtask bench [call, server, peer, soak] [--only hub|media] [--json] [--quick] [--debug] [--minutes N]`.
pub(crate) fn bench(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let mut holes = 0;
    for suite in &options.suites {
        let table = match suite {
            Suite::Call | Suite::Server | Suite::Soak => measure(*suite, &options)?,
            Suite::Peer => bail!("`bench peer` is not measured yet"),
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
fn measure(suite: Suite, options: &Options) -> Result<Table> {
    match suite {
        Suite::Call => call::measure(options),
        Suite::Server => server::measure(options),
        Suite::Soak => soak::measure(options),
        Suite::Peer => bail!("there is no such measurement"),
    }
}

/// The rig of the measurements is made of Linux's parts.
#[cfg(not(target_os = "linux"))]
fn measure(suite: Suite, _options: &Options) -> Result<Table> {
    bail!("`bench {}` needs Linux", suite.name())
}
