//! `cargo xtask dist`: an installable package for this system.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    packages::Purpose,
    paths, setup,
    steps::{command, output_of, sh},
};

/// What the shared libraries do not tell: plug-ins that are loaded by name, and the keyring that is asked over D-Bus.
const DEPENDS: &[&str] = &[
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-libav",
    "libayatana-appindicator3-1",
];

/// What makes it better and is not asked for by every desktop.
const RECOMMENDS: &str = "gnome-keyring | kwalletmanager, notification-daemon";

const DESKTOP: &str = "[Desktop Entry]
Type=Application
Name=Zvonok
Comment=Video calls that ring
Comment[ru]=Видеозвонки, которые звонят
Exec=zvonok
Icon=zvonok
Terminal=false
Categories=Network;VideoConference;
";

/// Builds the programs and packs them.
pub(crate) fn dist() -> Result<()> {
    if !cfg!(target_os = "linux") || paths::on_path("dpkg-deb").is_none() {
        bail!("packages are made on Debian and its relatives only, so far");
    }
    setup::prepare(Purpose::Build)?;
    setup::build_ui()?;
    sh(command(&["cargo", "build", "--locked", "--release", "--bin", "zvonok", "--bin", "zvonok-server"]))?;
    let version = version()?;
    let architecture = output_of(command(&["dpkg", "--print-architecture"]))?.trim().to_owned();
    let folder = paths::target().join("dist");
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("cannot empty {}", tree.display()))?;
    }
    let programs = lay_out(&tree)?;
    let libraries = shared_libraries(&folder, &programs)?;
    let control = format!(
        "Package: zvonok\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: Zvonok <zvonok@localhost>\n\
         Section: net\nPriority: optional\nDepends: {libraries}, {}\nRecommends: {RECOMMENDS}\n\
         Description: desktop video calls for OpenVidu that ring\n A tray application that keeps one connection to its \
         server, rings when\n somebody calls, and carries the call. Comes with a server of its own.\n",
        DEPENDS.join(", ")
    );
    write(&tree.join("DEBIAN/control"), control.as_bytes())?;
    let package = folder.join(format!("zvonok_{version}_{architecture}.deb"));
    let mut pack = command(&["dpkg-deb", "--root-owner-group", "--build"]);
    pack.arg(&tree).arg(&package);
    sh(pack)?;
    println!("{}", package.display());
    println!("Install it with: apt install {}", package.display());
    Ok(())
}

fn version() -> Result<String> {
    let metadata = crate::checks::metadata()?;
    let packages = crate::checks::list(&metadata, "/packages");
    let package = packages.iter().find(|package| crate::checks::text(package, "/name") == "zvonok");
    Ok(crate::checks::text(package.context("there is no package `zvonok`")?, "/version").to_owned())
}

/// Puts every file where the package has it. Returns the programs.
fn lay_out(tree: &Path) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for name in ["zvonok", "zvonok-server"] {
        let target = tree.join("usr/bin").join(name);
        copy(&paths::release_program(name), &target)?;
        let mut strip = command(&["strip", "--strip-unneeded"]);
        strip.arg(&target);
        sh(strip)?;
        programs.push(target);
    }
    write(&tree.join("usr/share/applications/zvonok.desktop"), DESKTOP.as_bytes())?;
    let root = paths::root();
    copy(&root.join("icons/icon.png"), &tree.join("usr/share/pixmaps/zvonok.png"))?;
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&root.join(licence), &tree.join("usr/share/doc/zvonok").join(licence))?;
    }
    Ok(programs)
}

/// The packages of the libraries that the programs are linked with, in the versions they need.
fn shared_libraries(folder: &Path, programs: &[PathBuf]) -> Result<String> {
    // dpkg-shlibdeps wants to stand in a source package.
    write(&folder.join("debian/control"), b"Source: zvonok\n\nPackage: zvonok\nArchitecture: any\n")?;
    let mut ask = command(&["dpkg-shlibdeps", "-O"]);
    ask.args(programs).current_dir(folder);
    let answer = output_of(ask)?;
    let line = answer.lines().find_map(|line| line.strip_prefix("shlibs:Depends=")).map(str::to_owned);
    let line = line.context("dpkg-shlibdeps did not say what the programs need")?;
    ensure!(line.contains("libwebkit2gtk"), "the app is not linked with WebKitGTK: {line}");
    Ok(line)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    make_folder_of(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    make_folder_of(file)?;
    fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn make_folder_of(file: &Path) -> Result<()> {
    let folder = file.parent().context("a file stands in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
