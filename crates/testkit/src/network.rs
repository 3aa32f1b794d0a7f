//! A network of its own, with nothing but a loopback device, whose UDP can be dropped.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{Child, wait};

/// How long the kernel may take to make it.
const START: Duration = Duration::from_secs(10);

/// A running network namespace; it ends with the process that holds it. Needs root, as every namespace of this kind.
#[derive(Debug)]
pub struct Network {
    holder: Child,
    folder: PathBuf,
}

impl Network {
    /// Makes one; its files go into `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut command = Command::new("unshare");
        command.args(["--net", "--", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"]);
        let mut holder = Child::spawn("a network", &command, &folder.join("network.log"))?;
        wait::until("the network to be up", START, || {
            if !holder.is_running()? {
                bail!("it ended: {}", holder.log());
            }
            Ok(holder.log().contains("up"))
        })?;
        Ok(Self { holder, folder: folder.to_path_buf() })
    }

    /// A program that is the same as `program`, in this network.
    pub fn within(&self, program: &Path) -> Result<PathBuf> {
        let name = program.file_name().context("the program has no name")?;
        let script = self.folder.join(name);
        let id = self.holder.id();
        let text = format!("#!/bin/sh\nexec nsenter --target {id} --net -- '{}' \"$@\"\n", program.display());
        fs::write(&script, text).with_context(|| format!("cannot write {}", script.display()))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).context("cannot make it a program")?;
        Ok(script)
    }

    /// Drops every UDP packet (`true`), or lets them pass again.
    pub fn drop_udp(&self, drop: bool) -> Result<()> {
        let status = Command::new("nsenter")
            .args(["--target", &self.holder.id().to_string(), "--net", "--", "iptables"])
            .args([if drop { "-I" } else { "-D" }, "INPUT", "-p", "udp", "-j", "DROP"])
            .status()
            .context("could not start nsenter")?;
        if !status.success() {
            bail!("iptables ended with {status}");
        }
        Ok(())
    }
}
