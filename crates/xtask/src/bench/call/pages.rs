//! Two Chromium pages in the same kind of call: same server, same camera, same voices, a browser each.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zvonok_testkit::Server;

use super::{
    super::{
        options::Options,
        page::{Page, Stats},
    },
    Pair, Side, apps,
};

/// The pages' session.
const SESSION: &str = "bench-pages";

/// What is measured of two pages.
pub(super) struct Pages;

impl Pages {
    pub(super) fn measure(server: &Server, options: &Options) -> Result<Pair> {
        let mut pages = [Page::open(server, SESSION, "woman", "man")?, Page::open(server, SESSION, "man", "woman")?];
        let [first, second] = &mut pages;
        first.join()?;
        first.wait("published")?;
        let pressed = second.join()?;
        let mut pictures = Vec::new();
        for page in &pages {
            let picture = page.wait("picture")?;
            pictures.push(picture.get("at").and_then(Value::as_f64).context("a picture without a time")?);
        }
        let to_first_picture_ms = pictures.into_iter().fold(0.0, f64::max) - pressed;
        for page in &mut pages {
            page.wait_for_picture()?;
        }
        let before = look(&mut pages);
        apps::rest(options.call_time())?;
        let after = look(&mut pages);
        let mut sides = [Side::default(); 2];
        for (side, (before, after)) in sides.iter_mut().zip(before.into_iter().zip(after)) {
            *side = compare(&before?, &after?)?;
        }
        Ok(Pair { sides, to_first_picture_ms })
    }
}

fn look(pages: &mut [Page; 2]) -> [Result<Stats>; 2] {
    let [first, second] = pages;
    [first.stats(), second.stats()]
}

fn compare(before: &Stats, after: &Stats) -> Result<Side> {
    let number = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let frames = number(&after.figures, "/recognised/frames") - number(&before.figures, "/recognised/frames");
    ensure!(frames > 0.0, "no frame with the other's mark arrived in a page");
    Ok(Side {
        frames_per_second: frames * 1_000.0 / (after.at - before.at),
        longest_freeze_ms: number(&after.figures, "/recognised/longest_freeze_ms"),
        delay_p50_ms: number(&after.figures, "/recognised/delay_ms_p50"),
        delay_p95_ms: number(&after.figures, "/recognised/delay_ms_p95"),
        cpu_ms_per_frame: (number(&after.cost, "/cpu_ms") - number(&before.cost, "/cpu_ms")) / frames,
        memory_mb: number(&after.cost, "/pss_bytes") / 1e6,
    })
}
