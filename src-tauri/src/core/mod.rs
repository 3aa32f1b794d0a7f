//! The core: one driver task owns everything that changes; windows, verbs, tray and notifications hold a [`Core`] and
//! send it wishes.

mod about;
mod account;
mod carry;
mod clock;
mod connect;
mod doctor;
mod driver;
mod embedded;
mod grant;
mod happen;
mod happening;
mod history;
mod link;
mod notices;
mod people;
mod picture;
mod reasons;
mod seat;
mod signals;
mod surface;
#[cfg(test)]
mod tests;
mod translate;
mod trial;
mod wants;
mod wish;

use tokio::sync::{mpsc, oneshot, watch};
use zvonok_ipc::{ErrorCode, IpcError, View};

pub(crate) use clock::wall_now;
pub(crate) use driver::{Parts, spawn};
pub(crate) use surface::{Device, Question, Surface, TrayState, Window};
pub(crate) use wish::{Ask, Setting, Wish};

use crate::verbs::{Answer, Verb};

/// Wishes that may wait for the driver. A person makes a few a second, media reports one.
const WISHES: usize = 64;

/// A cheap handle on the running core.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    wishes: mpsc::Sender<Wish>,
    view: watch::Receiver<View>,
}

impl Core {
    /// A handle without a core behind it: every wish ends in `internal`.
    #[cfg(test)]
    pub(crate) fn detached() -> Self {
        let (wishes, _inbox) = mpsc::channel(1);
        let (_views, view) = watch::channel(picture::empty_view());
        Self { wishes, view }
    }

    /// What windows show.
    pub(crate) fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Sends a wish that has an answer, and waits for it.
    ///
    /// # Errors
    /// What the driver answers; `internal` when the core is shutting down.
    pub(crate) async fn ask<T>(&self, wish: impl FnOnce(Ask<T>) -> Wish) -> Result<T, IpcError> {
        let (reply, answer) = oneshot::channel();
        let ended = || IpcError {
            code: ErrorCode::Internal,
            subject: String::new(),
            message: "Zvonok is shutting down".to_owned(),
        };
        self.wishes.send(wish(reply)).await.map_err(|_closed| ended())?;
        answer.await.map_err(|_closed| ended())?
    }

    /// Sends a wish that has no answer. One that does not fit the queue is dropped and logged: the queue is full only
    /// when the driver hangs, and then one more click changes nothing.
    pub(crate) fn tell(&self, wish: Wish) {
        if let Err(error) = self.wishes.try_send(wish) {
            tracing::warn!(%error, "a wish was lost");
        }
    }

    /// Ends the app, as soon as the driver gets to it.
    pub(crate) async fn quit(&self) {
        if self.wishes.send(Wish::Quit).await.is_err() {
            tracing::debug!("the core has ended already");
        }
    }

    /// Does what a second launch asks for.
    pub(crate) async fn verb(&self, verb: Verb) -> Answer {
        let silent = |done: Result<(), IpcError>| done.map(|()| None);
        let done = match verb {
            Verb::Open => {
                self.tell(Wish::Open);
                Ok(None)
            }
            Verb::Quit => {
                self.quit().await;
                Ok(None)
            }
            Verb::SecretChanged { openvidu, hub } => {
                self.tell(Wish::Setting(Setting::SecretChanged { openvidu, hub }));
                Ok(None)
            }
            Verb::Call(call) => silent(self.ask(|reply| Wish::Place(call, reply)).await),
            Verb::Accept { audio } => {
                let media = audio.then_some(zvonok_ipc::Media::Audio);
                silent(self.ask(|reply| Wish::Accept(media, reply)).await)
            }
            Verb::Decline => silent(self.ask(|reply| Wish::Decline(None, reply)).await),
            Verb::Stop => silent(self.ask(Wish::Stop).await),
            Verb::Mute => silent(self.ask(Wish::ToggleMicrophone).await),
            Verb::Status { json } => self.ask(|reply| Wish::Status { json, reply }).await.map(Some),
            Verb::Doctor => self.ask(Wish::Doctor).await.map(Some),
        };
        match done {
            Ok(text) => Answer::Done { text },
            Err(error) => Answer::Refused(error),
        }
    }
}
