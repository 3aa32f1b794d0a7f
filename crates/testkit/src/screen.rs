//! What can be seen on a desktop's screen, and the keyboard before it.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::Desktop;

impl Desktop {
    /// Takes a screenshot of the whole screen into a PNG file.
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        self.picture("root", file)
    }

    /// Takes a screenshot of the largest window of a process.
    pub fn screenshot_of(&self, process: u32, file: &Path) -> Result<()> {
        let listed = self.output(&["xdotool", "search", "--onlyvisible", "--pid", &process.to_string()])?;
        let mut largest = None;
        for id in listed.lines() {
            // A window may close between the two questions.
            let Ok(geometry) = self.output(&["xdotool", "getwindowgeometry", "--shell", id]) else { continue };
            let side = |name: &str| geometry.lines().find_map(|line| line.strip_prefix(name)?.parse::<u64>().ok());
            let area = side("WIDTH=").unwrap_or(0) * side("HEIGHT=").unwrap_or(0);
            largest = largest.max(Some((area, id.to_owned())));
        }
        let (_, id) = largest.with_context(|| format!("process {process} has no window"))?;
        self.picture(&id, file)
    }

    fn picture(&self, window: &str, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let target = format!("png:{}", file.display());
        self.output(&["import", "-window", window, &target]).map(drop)
    }

    /// The screen's pixels: width, height, and three bytes (red, green, blue) a pixel, row by row.
    pub fn pixels(&self) -> Result<(u32, u32, Vec<u8>)> {
        let output = self
            .command("import")
            .args(["-window", "root", "-depth", "8", "rgb:-"])
            .output()
            .context("could not start import")?;
        let (width, height) = self.screen;
        if output.stdout.len() != (width * height * 3) as usize {
            bail!("a screenshot has {} bytes", output.stdout.len());
        }
        Ok((width, height, output.stdout))
    }

    /// Types text into the window that has the keyboard.
    pub fn type_text(&self, text: &str) -> Result<()> {
        self.output(&["xdotool", "type", "--clearmodifiers", "--delay", "15", "--", text]).map(drop)
    }

    /// Presses a key, such as `Return` or `Escape`.
    pub fn press_key(&self, key: &str) -> Result<()> {
        self.output(&["xdotool", "key", "--clearmodifiers", key]).map(drop)
    }

    /// Titles of the windows that can be seen.
    pub fn window_titles(&self) -> Result<Vec<String>> {
        // xdotool says 1 when there is none.
        let listed = self.command("xdotool").args(["search", "--onlyvisible", "--name", "."]).output()?;
        let mut titles = Vec::new();
        for id in String::from_utf8_lossy(&listed.stdout).lines() {
            // A window may close between the two questions.
            if let Ok(title) = self.output(&["xdotool", "getwindowname", id]) {
                titles.push(title.trim().to_owned());
            }
        }
        Ok(titles)
    }

    /// Whether a window of the process is kept above all others (EWMH, `_NET_WM_STATE_ABOVE`).
    pub fn is_above(&self, process: u32) -> Result<bool> {
        for id in self.output(&["xdotool", "search", "--onlyvisible", "--pid", &process.to_string()])?.lines() {
            if self.output(&["xprop", "-id", id, "_NET_WM_STATE"])?.contains("_NET_WM_STATE_ABOVE") {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
