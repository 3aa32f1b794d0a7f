//! What every journey needs: the desktop, the tray, the accessibility tree, the programs.

use std::{cell::RefCell, path::PathBuf, rc::Rc, time::Duration};

use anyhow::{Context, Result};
use zvonok_testkit::{Accessibility, App, Desktop, Parts, Tray};

/// How long a window, a ring or a picture may take on two busy cores before it counts as not coming.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The app's program.
pub(crate) fn zvonok() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_zvonok"))
}

/// A desktop with all parts, hands and eyes on it, and the apps that run there.
pub(crate) struct Rig {
    pub(crate) eyes: Accessibility,
    pub(crate) tray: Tray,
    pub(crate) desktop: Desktop,
    apps: RefCell<Vec<Rc<App>>>,
}

/// Runs a journey on an ordinary desktop.
pub(crate) fn journey(body: impl FnOnce(&Rig) -> Result<()>) {
    journey_with(Parts::default(), body);
}

/// Runs a journey on a desktop of these parts. When it fails, the screen, what a screen reader saw, and the logs are
/// kept, taken before anything is ended.
pub(crate) fn journey_with(parts: Parts, body: impl FnOnce(&Rig) -> Result<()>) {
    let rig = Rig::start(parts).expect("the desktop starts");
    if let Err(error) = body(&rig) {
        panic!("{error:#}");
    }
}

impl Rig {
    fn start(parts: Parts) -> Result<Self> {
        let desktop = Desktop::start(parts).context("the desktop did not start")?;
        let tray = Tray::start(&desktop)?;
        let eyes = Accessibility::open(&desktop)?;
        Ok(Self { eyes, tray, desktop, apps: RefCell::default() })
    }

    /// Starts a profile.
    pub(crate) fn app(&self, profile: &str, arguments: &[&str]) -> Result<Rc<App>> {
        let app = Rc::new(App::start(&self.desktop, zvonok(), profile, arguments)?);
        self.apps.borrow_mut().push(Rc::clone(&app));
        Ok(app)
    }

    fn keep_evidence(&self) -> Result<PathBuf> {
        let name = std::thread::current().name().unwrap_or("journey").replace("::", "-");
        let folder = zvonok().with_file_name("../journey").join(name);
        self.desktop.keep_evidence(&folder)?;
        for app in self.apps.borrow().iter() {
            let text = format!("{:?}\n{}", app.status(), self.eyes.outline(app.id()));
            std::fs::write(folder.join(format!("{}.txt", app.profile())), text)?;
        }
        Ok(folder)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            match self.keep_evidence() {
                Ok(folder) => println!("the screen and the logs are in {}", folder.display()),
                Err(error) => println!("the screen and the logs could not be kept: {error:#}"),
            }
        }
        self.apps.borrow_mut().clear();
    }
}
