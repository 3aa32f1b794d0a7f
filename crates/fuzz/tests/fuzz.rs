//! The program of the engine: `ZVONOK_FUZZ` names the target; `list` prints them all.
#![no_main]

use std::sync::OnceLock;

use zvonok_fuzz::TARGETS;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fn target() -> fn(&[u8]) {
    *TARGET.get_or_init(|| {
        let wanted = std::env::var("ZVONOK_FUZZ").unwrap_or_default();
        if wanted == "list" {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            println!("{}", names.join("\n"));
            std::process::exit(0);
        }
        TARGETS.iter().find(|(name, _)| *name == wanted).map(|(_, target)| *target).expect("ZVONOK_FUZZ names a target")
    })
}

// Where the list is asked for, it is printed before the engine starts.
libfuzzer_sys::fuzz_target!(init: target(), |data: &[u8]| target()(data));
