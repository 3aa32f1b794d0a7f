//! What a deployment is made of: a unit that systemd takes, a compose file that docker-compose takes, flags that the program
//! has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Nothing above it is more exposed than this, of 10. What is left is what a server on the network needs.
const EXPOSURE: &str = "15";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(deploy().join(name)).unwrap()
}

fn run(command: &mut Command) -> Output {
    let tool = command.get_program().to_owned();
    command.output().unwrap_or_else(|error| unreachable!("{tool:?} is needed: {error}"))
}

/// Everything it printed.
fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("zvonok-deploy-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The unit as it would be installed, but for the program's place.
fn unit(folder: &Folder) -> PathBuf {
    let unit = read("zvonok-server.service");
    assert!(unit.contains("ExecStart=/usr/bin/zvonok-server "), "{unit}");
    let path = folder.0.join("zvonok-server.service");
    std::fs::write(&path, unit.replace("/usr/bin/zvonok-server", env!("CARGO_BIN_EXE_zvonok-server"))).unwrap();
    path
}

#[test]
fn systemd_takes_the_unit_and_finds_it_little_exposed() {
    let folder = Folder::new();
    let unit = unit(&folder);
    let verified = run(Command::new("systemd-analyze").args(["--man=no", "verify"]).arg(&unit));
    let words = said(&verified);
    assert!(verified.status.success() && words.trim().is_empty(), "{words}");
    let options = ["security", "--offline=true", "--no-pager", "--threshold", EXPOSURE];
    let looked = run(Command::new("systemd-analyze").args(options).arg(&unit));
    let words = said(&looked);
    let overall = words.lines().find(|line| line.contains("Overall exposure level")).unwrap_or(&words).to_owned();
    // For people: the test only holds the bound.
    writeln!(std::io::stdout(), "{overall}").unwrap();
    assert!(looked.status.success(), "{words}");
    // It finds fault with a unit that is not hardened, or the bound would say nothing.
    let open = folder.0.join("open.service");
    let program = env!("CARGO_BIN_EXE_zvonok-server");
    std::fs::write(&open, format!("[Service]\nExecStart={program}\n")).unwrap();
    assert!(!run(Command::new("systemd-analyze").args(options).arg(&open)).status.success());
}

#[test]
fn the_program_starts_with_the_flags_of_the_unit_and_of_the_compose_file() {
    let help = said(&run(Command::new(env!("CARGO_BIN_EXE_zvonok-server")).arg("--help")));
    let flags = |text: &str| -> Vec<String> {
        let words = text.split(|letter: char| letter.is_whitespace() || letter == '=' || letter == '"');
        words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
    };
    let unit = read("zvonok-server.service");
    let start = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    let environment = read("zvonok-server.env");
    let compose = read("compose.yaml");
    let hub = compose.split("\n  hub:\n").nth(1).unwrap().split("    healthcheck:").next().unwrap();
    let command = hub.split("    command:\n").nth(1).unwrap();
    let all = [flags(start), flags(&environment), flags(command)].concat();
    assert!(all.len() >= 12, "{all:?}");
    for flag in all {
        assert!(help.contains(&format!("{flag} ")), "zvonok-server has no {flag}");
    }
}

#[test]
fn docker_compose_takes_the_compose_file_and_every_value_has_to_be_given() {
    let config = |folder: &Path, environment: &Path| {
        let mut compose = Command::new("docker-compose");
        compose.arg("--env-file").arg(environment).arg("--file").arg(folder.join("compose.yaml")).arg("config");
        for name in ["DOMAIN_OR_PUBLIC_IP", "OPENVIDU_SECRET", "POSTGRES_PASSWORD", "COTURN_SHARED_SECRET_KEY"] {
            compose.env_remove(name);
        }
        run(&mut compose)
    };
    let whole = config(&deploy(), &deploy().join("compose.env"));
    let words = said(&whole);
    assert!(whole.status.success(), "{words}");
    for part in [
        "hub:",
        "postgres:",
        "coturn:",
        "openvidu:",
        "kurento:",
        "postgresql://zvonok:change-me-as-well@postgres/zvonok",
    ] {
        assert!(words.contains(part), "no {part} in {words}");
    }
    let folder = Folder::new();
    let environment = folder.0.join("less.env");
    for name in ["DOMAIN_OR_PUBLIC_IP", "OPENVIDU_SECRET", "POSTGRES_PASSWORD", "COTURN_SHARED_SECRET_KEY"] {
        let less: String = read("compose.env")
            .lines()
            .filter(|line| !line.starts_with(name))
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(&environment, less).unwrap();
        let refused = config(&deploy(), &environment);
        assert!(!refused.status.success() && said(&refused).contains(name), "{name}: {}", said(&refused));
    }
}
