//! A Janus of Debian's package, with a configuration of its own.

use std::{
    fs,
    net::{IpAddr, TcpListener, TcpStream, UdpSocket},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use zvonok_testkit::{Child, until};

use crate::{
    bench::load,
    packages::{self, Purpose},
    paths,
    steps::command,
};

/// As it stands in the table.
pub(super) const NAME: &str = "Janus videoroom";

/// The same with a thread for each core in place of one for each peer connection, which costs it less.
pub(super) const LOOPED: &str = "Janus videoroom, event_loops = cores";

/// How long it may take to listen.
const START: Duration = Duration::from_secs(20);

/// What the package brings besides the videoroom and HTTP.
const PLUGINS: &[&str] = &[
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
];

/// See [`PLUGINS`].
const TRANSPORTS: &[&str] = &["mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets"];

/// A running Janus.
pub(super) struct Janus {
    child: Child,
    /// `HOST:PORT` of its HTTP API.
    pub(super) api: String,
    /// Where its media is.
    pub(super) address: IpAddr,
}

/// Installs it if it is not there; what version it is.
pub(super) fn install() -> Result<String> {
    packages::install(Purpose::Peers)?;
    ensure!(paths::on_path("janus").is_some(), "Debian's package `janus` is not installed");
    // 1.1 prints it (`Janus version: 1102 (1.1.2)`) and then says that it does not know the option.
    let said = Command::new("janus").arg("--version").output().context("could not start Janus")?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = said.lines().find_map(|line| line.split_once('(')?.1.split_once(')'));
    version.map(|(version, _)| format!("Janus {version}")).with_context(|| format!("Janus has no version: {said}"))
}

impl Janus {
    /// Starts one. Whatever is not named here is as Debian has it: among it a thread for each peer connection, unless
    /// `looped` asks for one for each core.
    pub(super) fn start(looped: bool) -> Result<Self> {
        let folder = load::folder("janus")?;
        let address = address()?;
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).context("no free port")?.port();
        let disabled =
            |names: &[&str]| names.iter().map(|name| format!("libjanus_{name}.so")).collect::<Vec<_>>().join(",");
        let cores = std::thread::available_parallelism().context("no count of cores")?;
        let loops = if looped { format!(", event_loops = {cores}") } else { String::new() };
        let main = format!(
            "general: {{ debug_level = 3{loops} }}\nnat: {{ ice_enforce_list = \"{address}\" }}\n\
             plugins: {{ disable = \"{}\" }}\ntransports: {{ disable = \"{}\" }}\n",
            disabled(PLUGINS),
            disabled(TRANSPORTS)
        );
        let http = format!(
            "general: {{ json = \"compact\", base_path = \"/janus\", http = true, port = {port}, ip = \"127.0.0.1\", \
             https = false }}\nadmin: {{ admin_http = false, admin_https = false }}\n"
        );
        for (name, text) in [("janus.jcfg", main), ("janus.transport.http.jcfg", http)] {
            let file = folder.join(name);
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let mut program = command(&["janus", "--disable-colors", "--configs-folder"]);
        program.arg(&folder);
        let mut child = Child::spawn("janus", &program, &folder.join("log"))?;
        let api = format!("127.0.0.1:{port}");
        until("Janus to listen", START, || {
            if !child.is_running()? {
                bail!("it ended");
            }
            Ok(TcpStream::connect(&api).is_ok())
        })
        .with_context(|| child.log())?;
        Ok(Self { child, api, address })
    }

    /// The process's id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// An address of this machine: Janus never uses that of loopback. Packets to it do not leave the machine either.
fn address() -> Result<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").context("no UDP socket")?;
    // Nothing is sent: it only asks which address would be taken. The other is of those that documents use.
    let route = socket.connect("198.51.100.1:9").and_then(|()| socket.local_addr());
    let address = route.context("this machine has no address but that of loopback, which Janus does not use")?.ip();
    ensure!(!address.is_loopback(), "this machine routes to loopback only, which Janus does not use");
    Ok(address)
}
