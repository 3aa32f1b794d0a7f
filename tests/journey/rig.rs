//! What every journey needs: the desktop, the tray, the accessibility tree, the programs.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zvonok_testkit::{Accessibility, App, Desktop, Parts, Server, Tray, read_marks, until};

/// How long a window, a ring or a picture may take on two busy cores before it counts as not coming.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// How long mark and voice may take to be recognised: two apps that draw, encode, decode and listen want more than two
/// cores in a debug build, and a machine that does other things as well takes its time.
pub(crate) const MEDIA: Duration = Duration::from_secs(300);

/// The largest width of one's own picture in a call window, in pixels (`ui/call/OwnPicture.svelte`).
const OWN_PICTURE: usize = 220;

/// The app's program.
pub(crate) fn zvonok() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_zvonok"))
}

/// The server's program: built beside the app's.
pub(crate) fn zvonok_server() -> Result<PathBuf> {
    let server = zvonok().with_file_name("zvonok-server");
    ensure!(server.is_file(), "{} is not built: cargo build --workspace --bins", server.display());
    Ok(server)
}

/// The number at a JSON pointer of a status, or 0.
pub(crate) fn number(status: &Value, pointer: &str) -> u64 {
    status.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// The text at a JSON pointer of a status, or nothing.
pub(crate) fn word<'a>(status: &'a Value, pointer: &str) -> &'a str {
    status.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
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

    /// Starts a server of this desktop's own, without TLS: loopback needs none, and certificates have a journey of
    /// their own.
    pub(crate) fn server(&self, arguments: &[&str]) -> Result<Server> {
        let mut all = vec!["--media-tls", "off"];
        all.extend(arguments);
        Server::start(&zvonok_server()?, &self.desktop.folders().root().join("server"), &all)
    }

    /// Starts a server whose media has a certificate of its own.
    pub(crate) fn server_with_tls(&self) -> Result<Server> {
        Server::start(&zvonok_server()?, &self.desktop.folders().root().join("server"), &[])
    }

    /// Starts a person's profile: signed in, into the tray, with the fake camera and the secret in the keyring.
    pub(crate) fn person(&self, server: &Server, login: &str) -> Result<Rc<App>> {
        self.person_with(server, login, &["--hidden"])
    }

    /// The same with other flags than `--hidden`.
    pub(crate) fn person_with(&self, server: &Server, login: &str, flags: &[&str]) -> Result<Rc<App>> {
        let mut all = vec!["--fake-media"];
        all.extend(flags);
        self.person_with_real_devices(server, login, &all)
    }

    /// The same with the computer's own camera and microphone, of which it may have none.
    pub(crate) fn person_with_real_devices(&self, server: &Server, login: &str, flags: &[&str]) -> Result<Rc<App>> {
        self.person_at(&[server.hub(), server.media(), server.secret()], login, flags)
    }

    /// The same at a hub, an OpenVidu and its secret.
    pub(crate) fn person_at(&self, [hub, media, secret]: &[&str; 3], login: &str, flags: &[&str]) -> Result<Rc<App>> {
        self.program_at(&zvonok(), &[hub, media, secret], login, flags)
    }

    /// The same with another program than the app itself, such as one that starts it elsewhere.
    pub(crate) fn program_at(
        &self,
        program: &Path,
        [hub, media, secret]: &[&str; 3],
        login: &str,
        flags: &[&str],
    ) -> Result<Rc<App>> {
        App::keep_secret(&self.desktop, &zvonok(), login, "openvidu", secret)?;
        let mut arguments = vec!["--server", *hub, "--openvidu", *media, "--login", login];
        arguments.extend(["--tokens", "openvidu"]);
        arguments.extend(flags);
        let app = Rc::new(App::start(&self.desktop, program, login, &arguments)?);
        self.apps.borrow_mut().push(Rc::clone(&app));
        app.wait_online()?;
        Ok(app)
    }

    /// Waits until `app` sees the mark of `other` count on in decoded pixels, and recognises the voice of `other`.
    pub(crate) fn sees_and_hears(&self, app: &App, other: &str) -> Result<()> {
        // A voice is recognised by stretches of sound: it comes and goes where the machine cannot keep up.
        app.wait_for(&format!("the mark of {other}"), MEDIA, |it| word(it, "/media/recognised/picture") == other)?;
        let met =
            app.wait_for(&format!("the voice of {other}"), MEDIA, |it| word(it, "/media/recognised/voice") == other)?;
        let frames = number(&met, "/media/recognised/frames");
        let audio = number(&met, "/media/audio_received");
        app.wait_for("moving picture and sound", MEDIA, |status| {
            number(status, "/media/recognised/frames") > frames + 10
                && number(status, "/media/audio_received") > audio + 4_800
        })
        .map(drop)
    }

    /// Waits until somebody who looks at the screen sees pictures of `login` change, and large: one's own is small.
    pub(crate) fn screen_shows(&self, login: &str) -> Result<()> {
        let mut first = None;
        until(&format!("pictures of {login} on the screen"), SOON, || {
            let (width, height, pixels) = self.desktop.pixels()?;
            let counter = read_marks(width, height, &pixels)
                .into_iter()
                .filter(|mark| mark.login == login && mark.width > OWN_PICTURE)
                .map(|mark| mark.counter)
                .max();
            Ok(match (first, counter) {
                (Some(first), Some(counter)) => counter > first,
                (None, counter) => {
                    first = counter;
                    false
                }
                (Some(_), None) => false,
            })
        })
    }

    /// Waits until the app is idle again without any webview.
    pub(crate) fn rests(&self, app: &App) -> Result<()> {
        app.wait_call("idle", SOON)?;
        until(&format!("the windows of {} to be gone", app.profile()), SOON, || Ok(app.webviews()? == 0))
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
