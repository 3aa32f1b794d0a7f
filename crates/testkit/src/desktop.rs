//! A desktop session of its own: display, session bus, window manager, keyring, notifications, accessibility.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{
    child::{Child, guarded},
    folders::Folders,
    notifications::Notifications,
    sound::Sound,
    wait,
};

/// How long a part of a desktop may take to start. Two busy cores need seconds; more means that it does not start.
const START: Duration = Duration::from_secs(30);

/// The password of the test keyring. Nothing is protected by it.
const KEYRING_PASSWORD: &str = "test";

/// A session bus without services that it starts by itself: a keyring that is to be absent would come up otherwise.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// What the keyring is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// There is none.
    Absent,
    /// It runs and is open.
    Unlocked,
    /// It runs, holds a login keyring, and is locked.
    Locked,
}

/// What a desktop is made of.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// The keyring.
    pub keyring: Keyring,
    /// Whether a notification daemon (dunst) runs.
    pub notifications: bool,
    /// Whether the accessibility tree is served.
    pub accessibility: bool,
    /// Whether there is a sound device; what is played on it is listened to.
    pub sound: bool,
    /// Width and height of the screen in pixels.
    pub screen: (u32, u32),
}

impl Default for Parts {
    fn default() -> Self {
        Self { keyring: Keyring::Unlocked, notifications: true, accessibility: true, sound: true, screen: (1600, 1200) }
    }
}

/// A running desktop. Dropping it ends all of its processes.
#[derive(Debug)]
pub struct Desktop {
    // Dropped in this order: what was started last first, the folders last.
    notifications: Option<Notifications>,
    sound: Option<Sound>,
    children: Vec<Child>,
    environment: BTreeMap<String, String>,
    pub(crate) screen: (u32, u32),
    folders: Folders,
}

impl Desktop {
    /// Starts one.
    pub fn start(parts: Parts) -> Result<Self> {
        let mut desktop = Self {
            notifications: None,
            sound: None,
            children: Vec::new(),
            environment: BTreeMap::new(),
            screen: parts.screen,
            folders: Folders::new()?,
        };
        desktop.start_display(parts.screen)?;
        desktop.start_bus()?;
        desktop.start_child("openbox", &["openbox", "--sm-disable"])?;
        if parts.accessibility {
            desktop.start_accessibility()?;
        }
        match parts.keyring {
            Keyring::Absent => {}
            Keyring::Unlocked => desktop.start_keyring(true)?,
            Keyring::Locked => {
                desktop.start_keyring(true)?;
                drop(desktop.children.pop());
                desktop.start_keyring(false)?;
            }
        }
        if parts.sound {
            let sound = Sound::start(&desktop.folders)?;
            desktop.set("ALSA_CONFIG_PATH", &sound.config().display().to_string());
            desktop.sound = Some(sound);
        }
        if parts.notifications {
            desktop.notifications = Some(Notifications::start(&desktop)?);
        }
        Ok(desktop)
    }

    /// A command that runs on this desktop and sees nothing of the person's own.
    #[must_use]
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        self.folders.apply(&mut command);
        for name in ["WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XAUTHORITY", "AT_SPI_BUS_ADDRESS"] {
            command.env_remove(name);
        }
        command
            .env("GDK_BACKEND", "x11")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("XDG_CURRENT_DESKTOP", "X-Test")
            .env("LANG", "C.UTF-8")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("NO_PROXY", "127.0.0.1,localhost")
            // Webviews play into nothing, on time: openalsink hangs on `Sound`, and several players of it share one
            // player's pace. The ringtone is the core's own and does not go through GStreamer.
            .env("GST_PLUGIN_FEATURE_RANK", "alsasink:NONE,openalsink:NONE,pulsesink:NONE");
        command.envs(&self.environment);
        command
    }

    /// Runs a short command on this desktop and returns what it printed.
    pub fn output(&self, words: &[&str]) -> Result<String> {
        let Some((program, arguments)) = words.split_first() else { bail!("no command") };
        let output =
            self.command(program).args(arguments).output().with_context(|| format!("could not start {program}"))?;
        if !output.status.success() {
            bail!("`{}` ended with {}: {}", words.join(" "), output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The folders of this desktop's user.
    #[must_use]
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Address of the session bus.
    #[must_use]
    pub fn bus_address(&self) -> &str {
        self.environment.get("DBUS_SESSION_BUS_ADDRESS").map_or("", String::as_str)
    }

    /// The notification daemon.
    pub fn notifications(&self) -> Result<&Notifications> {
        self.notifications.as_ref().context("this desktop was started without notifications")
    }

    /// The sound device.
    pub fn sound(&self) -> Result<&Sound> {
        self.sound.as_ref().context("this desktop was started without sound")
    }

    /// Starts a program that runs as long as the desktop does.
    pub fn start_child(&mut self, name: &str, words: &[&str]) -> Result<()> {
        let Some((program, arguments)) = words.split_first() else { bail!("no command") };
        let mut command = self.command(program);
        command.args(arguments);
        let child = Child::spawn(name, &command, &self.folders.log(name))?;
        self.children.push(child);
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The X server picks a free number and says which.
    fn start_display(&mut self, (width, height): (u32, u32)) -> Result<()> {
        let screen = format!("{width}x{height}x24");
        let mut command = Command::new("Xvfb");
        self.folders.apply(&mut command);
        command.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let mut command = guarded(&command);
        let log = self.folders.log("xvfb");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let mut child = Child::spawn_prepared("Xvfb", command, log)?;
        let number = first_line(&mut child).context("Xvfb did not start")?;
        self.set("DISPLAY", &format!(":{number}"));
        self.children.push(child);
        Ok(())
    }

    fn start_bus(&mut self) -> Result<()> {
        let config = self.folders.root().join("bus.conf");
        fs::write(&config, BUS.replace("SOCKET", &self.folders.runtime().join("bus").display().to_string()))?;
        let mut command = self.command("dbus-daemon");
        command.arg("--config-file").arg(&config).arg("--nofork").arg("--nopidfile").arg("--print-address=1");
        let mut command = guarded(&command);
        let log = self.folders.log("dbus");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(&log)?);
        let mut child = Child::spawn_prepared("dbus-daemon", command, log)?;
        let address = first_line(&mut child).context("dbus-daemon did not start")?;
        self.set("DBUS_SESSION_BUS_ADDRESS", &address);
        self.children.push(child);
        Ok(())
    }

    fn start_accessibility(&mut self) -> Result<()> {
        self.set("GTK_MODULES", "gail:atk-bridge");
        self.start_child("at-spi", &["/usr/libexec/at-spi-bus-launcher", "--launch-immediately"])?;
        self.wait_for_name("org.a11y.Bus")?;
        // Toolkits ask this switch before they build their tree.
        self.ask_accessibility(&[
            "org.freedesktop.DBus.Properties.Set",
            "string:org.a11y.Status",
            "string:IsEnabled",
            "variant:boolean:true",
        ])?;
        let address = self.ask_accessibility(&["org.a11y.Bus.GetAddress"])?;
        self.set("AT_SPI_BUS_ADDRESS", address.trim());
        Ok(())
    }

    fn ask_accessibility(&self, words: &[&str]) -> Result<String> {
        let mut all = vec!["dbus-send", "--session", "--print-reply=literal", "--dest=org.a11y.Bus", "/org/a11y/bus"];
        all.extend(words);
        self.output(&all)
    }

    fn start_keyring(&mut self, unlock: bool) -> Result<()> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if unlock {
            command.arg("--unlock");
        }
        let mut command = guarded(&command);
        let log = self.folders.log("keyring");
        command.stdin(Stdio::piped()).stdout(fs::File::create(&log)?).stderr(Stdio::null());
        let mut child = Child::spawn_prepared("gnome-keyring-daemon", command, log)?;
        if let Some(mut input) = child.streams().stdin.take() {
            input.write_all(KEYRING_PASSWORD.as_bytes()).context("the keyring did not take its password")?;
        }
        self.children.push(child);
        self.wait_for_name("org.freedesktop.secrets")
    }

    /// Waits until somebody owns a name on the session bus.
    pub fn wait_for_name(&self, name: &str) -> Result<()> {
        let argument = format!("string:{name}");
        wait::until(&format!("{name} on the session bus"), START, || {
            let answer = self.output(&[
                "dbus-send",
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus.NameHasOwner",
                &argument,
            ])?;
            Ok(answer.contains("true"))
        })
    }

    /// Keeps what explains a failure: a screenshot and every log, in `folder`.
    pub fn keep_evidence(&self, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for file in self.folders.files()? {
            if file.extension().is_some_and(|end| end == "log") {
                let name = file.strip_prefix(self.folders.root())?.to_string_lossy().replace('/', "-");
                fs::copy(&file, folder.join(name))?;
            }
        }
        self.screenshot(&folder.join("screen.png"))?;
        Ok(folder.to_path_buf())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        self.notifications = None;
        // The last one started goes first: the display and the bus are still there when a program says goodbye.
        while let Some(child) = self.children.pop() {
            drop(child);
        }
    }
}

/// The first line a process prints on its standard output.
fn first_line(child: &mut Child) -> Result<String> {
    let output = child.streams().stdout.take().context("its output is not piped")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).context("its output cannot be read")?;
    let line = line.trim();
    if line.is_empty() {
        bail!("it printed nothing");
    }
    Ok(line.to_owned())
}
