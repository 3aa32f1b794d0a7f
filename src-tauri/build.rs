//! Generates Tauri's context; keeps its files below `src-tauri/`.

use std::{fs, io, path::Path, process::exit};

/// Pages that the app has windows for. Vite makes them; a placeholder lets the core compile before it has run.
const PAGES: [&str; 3] = ["main.html", "ring.html", "call.html"];

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=tauri.conf.json");
    if let Err(error) = placeholders() {
        println!("cargo:warning=cannot write ui/dist: {error}");
        exit(1);
    }
    let manifest = tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*.toml");
    let attributes = tauri_build::Attributes::new()
        .app_manifest(manifest)
        .capabilities_path_pattern("./src-tauri/capabilities/**/*");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        exit(1);
    }
    if let Err(error) = move_generated() {
        println!("cargo:warning=cannot move ./gen below src-tauri: {error}");
        exit(1);
    }
}

fn placeholders() -> io::Result<()> {
    let dist = Path::new("ui/dist");
    fs::create_dir_all(dist)?;
    for page in PAGES {
        let path = dist.join(page);
        if !path.exists() {
            fs::write(path, "<!doctype html><title>Zvonok</title><p>The user interface was not built yet.</p>\n")?;
        }
    }
    Ok(())
}

/// tauri-build writes its schemas beside `Cargo.toml`, a fixed path; the root has no room for them.
fn move_generated() -> io::Result<()> {
    let from = Path::new("gen");
    if !from.exists() {
        return Ok(());
    }
    let to = Path::new("src-tauri/gen");
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::rename(from, to)
}
