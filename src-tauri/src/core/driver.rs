//! The one task that owns what changes: the call machine, the link to the hub, and what windows show.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use zvonok_call::{CallId, CallState, Config, Input, Machine, Millis, Reaction};
use zvonok_ipc::{ErrorCode, KeyringState, MediaReport, Person, SignalingState, View};

use super::{
    Ask, Core, Surface, TrayState, WISHES, Wish,
    account::Standing,
    clock::Clock,
    embedded::Embedded,
    happening::Happening,
    history::History,
    link::{Link, Target},
    notices::Notices,
    people::People,
    picture::empty_view,
    seat::Seat,
};
use crate::{
    keyring::Keyring,
    loopback::Doors,
    profile::Profile,
    ring::Ring,
    settings::{Settings, SettingsFile},
    trust::{Pins, Trust},
};

/// Answers and reports that may wait for the driver.
const HAPPENINGS: usize = 256;
/// How often the clocks are compared: a machine that wakes up is noticed within this time.
const PULSE: Duration = Duration::from_secs(3);

/// What the driver is made of.
pub(crate) struct Parts {
    pub(crate) profile: Profile,
    pub(crate) settings: Settings,
    /// Where settings that were not understood are now.
    pub(crate) put_aside: Option<PathBuf>,
    pub(crate) file: SettingsFile,
    pub(crate) surface: Arc<dyn Surface>,
    pub(crate) doors: Doors,
    pub(crate) fake_media: bool,
    pub(crate) tasks: TaskTracker,
    pub(crate) cancel: CancellationToken,
}

/// Everything that changes, and the ways to make it change.
pub(super) struct Driver {
    pub(super) parts: Parts,
    pub(super) settings: Settings,
    pub(super) machine: Machine,
    pub(super) clock: Clock,
    pub(super) trust: Trust,
    pub(super) keyring: Keyring,
    pub(super) keyring_state: KeyringState,
    pub(super) secret_stored: bool,
    pub(super) target: Option<Target>,
    pub(super) link: Option<Link>,
    pub(super) links: u64,
    pub(super) embedded: Option<Embedded>,
    pub(super) signaling: SignalingState,
    pub(super) standing: Standing,
    /// A sign-in is under way, from the question for the password until the keyring has the session.
    pub(super) signing_in: bool,
    pub(super) me: Option<Person>,
    pub(super) people: People,
    pub(super) history: History,
    pub(super) notices: Notices,
    pub(super) ring: Option<(CallId, Ring)>,
    pub(super) seat: Option<Seat>,
    pub(super) placing: Option<(CallId, Ask<()>)>,
    pub(super) report: MediaReport,
    pub(super) tray: bool,
    pub(super) since: Option<((CallId, Millis), i64)>,
    pub(super) happenings: mpsc::Sender<Happening>,
    views: watch::Sender<View>,
}

/// Starts the driver.
pub(crate) fn spawn(mut parts: Parts) -> Core {
    let (wishes, inbox) = mpsc::channel(WISHES);
    let (happenings, happened) = mpsc::channel(HAPPENINGS);
    let settings = std::mem::take(&mut parts.settings);
    let tasks = parts.tasks.clone();
    let history = History::load(parts.profile.history_file());
    let (views, view) = watch::channel(empty_view());
    let mut driver = Driver {
        machine: Machine::new(Config::new(settings.login.clone())),
        clock: Clock::start(),
        trust: Trust::new(Pins::load(&settings.pins)),
        keyring: Keyring::new(parts.profile.name.clone()),
        keyring_state: KeyringState::Ok,
        secret_stored: false,
        target: None,
        link: None,
        links: 0,
        embedded: None,
        signaling: SignalingState::Offline,
        standing: Standing::default(),
        signing_in: false,
        me: None,
        people: People::default(),
        history,
        notices: Notices::default(),
        ring: None,
        seat: None,
        placing: None,
        report: MediaReport::default(),
        tray: false,
        since: None,
        happenings,
        views,
        settings,
        parts,
    };
    if let Some(aside) = driver.parts.put_aside.take() {
        driver.notices.add(ErrorCode::SettingsUnreadable, aside.display().to_string(), "");
    }
    driver.publish();
    tasks.spawn(forward(view.clone(), Arc::clone(&driver.parts.surface), driver.parts.cancel.clone()));
    tasks.spawn(driver.run(inbox, happened));
    Core { wishes, view }
}

impl Driver {
    async fn run(mut self, mut inbox: mpsc::Receiver<Wish>, mut happened: mpsc::Receiver<Happening>) {
        let cancel = self.parts.cancel.clone();
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.connect(None);
        loop {
            self.settle();
            let deadline = self.machine.deadline();
            let due = async move |clock: &Clock| match deadline {
                Some(at) => sleep_until(Instant::from_std(clock.instant(at))).await,
                None => std::future::pending().await,
            };
            tokio::select! {
                () = cancel.cancelled() => break,
                wish = inbox.recv() => match wish {
                    Some(wish) => self.grant(wish),
                    None => break,
                },
                Some(happening) = happened.recv() => self.happened(happening),
                () = due(&self.clock) => {
                    self.feed(Input::Tick);
                }
                _ = pulse.tick() => self.look_at_the_clock(),
            }
        }
        self.give_everything_back(happened).await;
    }

    /// Feeds the machine.
    pub(super) fn feed(&mut self, input: Input) -> Reaction {
        let now = self.clock.now();
        self.machine.handle(input, now)
    }

    /// Does what the machine wants, and shows what became of it.
    fn settle(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            self.carry_out(output);
        }
        self.answer_placing();
        self.publish();
    }

    fn publish(&mut self) {
        let view = self.picture();
        if *self.views.borrow() == view {
            return;
        }
        let state = self.tray_state();
        if self.tray {
            self.parts.surface.tray(state);
        }
        self.views.send_replace(view);
    }

    pub(super) fn shown(&self) -> View {
        self.views.borrow().clone()
    }

    fn tray_state(&self) -> TrayState {
        match self.machine.view().call.map(|call| call.state) {
            Some(CallState::Ringing) => TrayState::Ringing,
            Some(CallState::Calling | CallState::Connecting | CallState::InCall) => TrayState::InCall,
            Some(CallState::Ended(_)) | None if self.signaling == SignalingState::Online => TrayState::Idle,
            Some(CallState::Ended(_)) | None => TrayState::Offline,
        }
    }

    fn look_at_the_clock(&mut self) {
        if self.clock.jumped() {
            tracing::info!("the clock jumped: the machine slept, or somebody set it");
            if let Some(link) = &self.link {
                link.probe();
            }
        }
    }

    /// Starts something whose result comes back as a happening.
    pub(super) fn start(&self, work: impl Future<Output = Happening> + Send + 'static) {
        let happenings = self.happenings.clone();
        self.parts.tasks.spawn(async move {
            if let Err(mpsc::error::SendError(late)) = happenings.send(work.await).await {
                late.undo().await;
            }
        });
    }
}

/// Sends views to windows, at most one a frame.
async fn forward(mut views: watch::Receiver<View>, surface: Arc<dyn Surface>, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            changed = views.changed() => if changed.is_err() { return },
        }
        let view = views.borrow_and_update().clone();
        surface.view(&view);
        // A window paints once in 16 ms; what changes in between arrives with the next one.
        tokio::time::sleep(Duration::from_millis(16)).await;
    }
}
