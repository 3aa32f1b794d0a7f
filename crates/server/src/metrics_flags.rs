//! Flags of the figures' listener.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use zvonok_server::config::METRICS_LISTEN;
use zvonok_server::{Metrics, secret};

/// Where figures are read. Not an option of an option, which clap would take for a flag that may be left empty.
#[derive(Debug, Clone, Copy)]
enum MetricsListen {
    Off,
    At(SocketAddr),
}

/// Who may read the figures, and where.
#[derive(Debug, Args)]
pub(crate) struct MetricsFlags {
    /// Address of `GET /metrics` (Prometheus) and a `GET /healthz` with all details, or `off`. Unless given,
    /// 127.0.0.1:5002 where that is free.
    #[arg(long, value_name = "ADDRESS", value_parser = metrics_listen)]
    metrics_listen: Option<MetricsListen>,
    /// File with the token that readers show as `Authorization: Bearer`; needed beyond this machine.
    #[arg(long, value_name = "FILE")]
    metrics_token_file: Option<PathBuf>,
}

impl MetricsFlags {
    /// The configuration they stand for.
    pub(crate) fn read(&self) -> anyhow::Result<Option<Metrics>> {
        let (listen, needed) = match self.metrics_listen {
            Some(MetricsListen::Off) => return Ok(None),
            Some(MetricsListen::At(address)) => (address, true),
            None => (METRICS_LISTEN, false),
        };
        let token = self.metrics_token_file.as_deref().map(secret::read).transpose();
        let token = token.context("the metrics' token cannot be used")?;
        if token.as_ref().is_some_and(|token| token.reveal().len() < TOKEN_LENGTH) {
            bail!("the token of --metrics-token-file is too short: {TOKEN_LENGTH} characters are the least");
        }
        Ok(Some(Metrics { listen, token, needed }))
    }
}

/// A token that cannot be guessed has 128 bits: so many characters of 8 bits, and more of others.
const TOKEN_LENGTH: usize = 16;

fn metrics_listen(text: &str) -> Result<MetricsListen, String> {
    match text {
        "off" => Ok(MetricsListen::Off),
        address => {
            address.parse().map(MetricsListen::At).map_err(|_| "`off`, or an address as 127.0.0.1:5002".to_owned())
        }
    }
}
