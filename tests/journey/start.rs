//! Starting, and being there.

use anyhow::ensure;

use crate::rig::{SOON, journey};

#[test]
fn the_first_start_offers_two_ways_and_shows_an_icon_in_the_tray() {
    journey(|rig| {
        let app = rig.app("one", &[])?;
        rig.eyes.wait_for(app.id(), "heading", "Welcome to Zvonok", SOON)?;
        rig.eyes.wait_for(app.id(), "button", "Try it on this computer", SOON)?;
        rig.eyes.press(app.id(), "Connect to a server", SOON)?;
        rig.tray
            .wait_for("is there", app.id(), SOON, |item| item.menu().is_ok_and(|menu| menu.contains(&"Quit".into())))?;
        rig.eyes.wait_for(app.id(), "field", "Server address", SOON)?;
        // What every other journey asks at the verbs' socket is what a person gets from the verb.
        let said: serde_json::Value = serde_json::from_str(&app.must(&["status", "--json"])?)?;
        let asked = app.status()?;
        ensure!(said == asked, "the verb said {said}, the socket {asked}");
        Ok(())
    });
}
