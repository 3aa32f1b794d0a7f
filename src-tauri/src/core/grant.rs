//! Wishes about the app and about calls.

use zvonok_call::{self as call, CallId, CallState, Disconnect, Input, MediaInput, Peer, Reaction, User};
use zvonok_ipc::{ErrorCode, IpcError, MediaEvent, PlaceCall};

use super::{Ask, Window, Wish, clock::wall_now, driver::Driver, reasons, surface::Device};
use crate::{private::Personal, ring, settings, status::Status};

impl Driver {
    pub(super) fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Open => self.parts.surface.open(Window::Main),
            Wish::Quit => {
                self.feed(Input::User(User::Stop));
                self.parts.surface.quit();
            }
            Wish::Status { json, reply } => _ = reply.send(self.status(json)),
            Wish::Doctor(reply) => self.doctor(reply),
            Wish::Place(call, reply) => self.place(call, reply),
            Wish::Accept(media, reply) => {
                let media = self.media_to_accept_with(media);
                self.user(User::Accept { media }, reply);
            }
            Wish::Decline(message, reply) => self.user(User::Decline { message: message.unwrap_or_default() }, reply),
            Wish::Stop(reply) => self.user(User::Stop, reply),
            Wish::ToggleMicrophone(reply) => {
                let on = self.machine.view().call.is_some_and(|call| call.microphone);
                self.user(User::SetMicrophone(!on), reply);
            }
            Wish::SetMicrophone(on, reply) => self.user(User::SetMicrophone(on), reply),
            Wish::SetCamera(on, reply) => self.user(User::SetCamera(on), reply),
            Wish::DismissRing(reply) => self.user(User::DismissRing, reply),
            Wish::MediaTicket(reply) => match &mut self.seat {
                Some(seat) => {
                    seat.ask(reply);
                    self.give_ticket();
                }
                None => _ = reply.send(Err(not_now("there is no call to join"))),
            },
            Wish::PeerTicket(reply) => {
                let ticket = self.parts.doors.peer().filter(|_| self.seat.is_some());
                let ticket = ticket.map(|url| zvonok_ipc::PeerTicket { url });
                _ = reply.send(ticket.ok_or_else(|| not_now("there is no call, or too many peer connections")));
            }
            Wish::MediaEvent(event, reply) => {
                self.media_event(event);
                _ = reply.send(Ok(()));
            }
            Wish::MediaReport(report, reply) => {
                self.report = report;
                _ = reply.send(Ok(()));
            }
            Wish::Tray(there) => self.tray_is(there),
            Wish::Loaded(window) => self.loaded(window),
            Wish::Closed(window) => self.closed(window),
            Wish::Setting(setting) => self.grant_setting(setting),
        }
    }

    fn user(&mut self, input: User, reply: Ask<()>) {
        _ = reply.send(granted(self.feed(Input::User(input))));
    }

    fn place(&mut self, place: PlaceCall, reply: Ask<()>) {
        if let Err(error) = settings::login(&place.login) {
            _ = reply.send(Err(error));
            return;
        }
        if self.target.is_none() {
            _ = reply.send(Err(reasons::error(ErrorCode::SignalingDown, "")));
            return;
        }
        let call_id = CallId::new(uuid::Uuid::now_v7().to_string());
        let name = self.people.name(&self.settings.contacts, &place.login);
        tracing::info!(%call_id, callee = %Personal(&place.login), mode = ?place.mode, "call");
        let input = User::Place {
            call_id: call_id.clone(),
            peer: Peer { login: place.login, name, verified: false },
            mode: match place.mode {
                zvonok_ipc::Mode::TwoWay => call::Mode::TwoWay,
                zvonok_ipc::Mode::Watch => call::Mode::Watch,
            },
            media: media(place.media),
        };
        match granted(self.feed(Input::User(input))) {
            Ok(()) => {
                self.notices.about_calls_are_old();
                // Answered when the hub has answered, so that `zvonok call` can say why not.
                self.placing = Some((call_id, reply));
            }
            Err(error) => _ = reply.send(Err(error)),
        }
    }

    /// A call that ended before the hub took it is told to whoever placed it.
    pub(super) fn answer_placing(&mut self) {
        let Some((placing, _)) = &self.placing else { return };
        let call = self.machine.view().call.filter(|call| call.call_id == *placing);
        let answer = match call.map(|call| (call.state, call.peer.login)) {
            Some((CallState::Calling, _)) => return,
            Some((CallState::Ended(reason), login)) => {
                reasons::ending(&reason, &self.subject(&reason, &login)).map_or(Ok(()), Err)
            }
            Some((CallState::Ringing | CallState::Connecting | CallState::InCall, _)) | None => Ok(()),
        };
        if let Some((_, reply)) = self.placing.take() {
            _ = reply.send(answer);
        }
    }

    fn media_to_accept_with(&self, wished: Option<zvonok_ipc::Media>) -> call::Media {
        let offered = || self.machine.view().call.map_or(call::Media::Video, |call| call.media);
        wished.map_or_else(offered, media)
    }

    fn media_event(&mut self, event: MediaEvent) {
        let Some(seat) = &mut self.seat else { return };
        let input = match event {
            MediaEvent::Joined => {
                seat.used = true;
                MediaInput::Joined
            }
            MediaEvent::RemoteJoined => MediaInput::RemoteJoined,
            MediaEvent::RemoteStream => MediaInput::RemoteStream,
            MediaEvent::RemoteMedia => MediaInput::RemoteMedia,
            MediaEvent::RemoteLeft => MediaInput::RemoteLeft,
            MediaEvent::Reconnecting => MediaInput::Reconnecting,
            MediaEvent::Reconnected => MediaInput::Reconnected,
            MediaEvent::Disconnected { reason } => {
                tracing::info!(reason, "the media session ended");
                MediaInput::Disconnected(match reason.as_str() {
                    "forceDisconnectByServer" | "forceDisconnectByUser" | "sessionClosedByServer" => {
                        Disconnect::ThrownOut
                    }
                    _ => Disconnect::Network,
                })
            }
            // Nothing that the call's course depends on.
            MediaEvent::Failed { code: code @ ErrorCode::MediaTrouble, detail } => {
                self.notices.add(code, "", detail);
                return;
            }
            MediaEvent::Failed { code, detail } => {
                let failure = reasons::media_failure(code);
                // One that ends the call is told once, with the call's end.
                if failure.is_fatal() {
                    tracing::warn!(?code, detail, "the window's media failed");
                } else {
                    self.notices.add(code, "", detail);
                }
                MediaInput::Failed(failure)
            }
        };
        let call_id = seat.call_id.clone();
        tracing::info!(%call_id, ?input, "media");
        self.feed(Input::Media(call_id, input));
    }

    fn tray_is(&mut self, there: bool) {
        self.tray = there;
        if there {
            self.notices.settle(ErrorCode::NoTray);
        }
    }

    fn loaded(&mut self, window: Window) {
        if window == Window::Ring
            && let Some((call_id, _)) = &self.ring
        {
            let call_id = call_id.clone();
            self.feed(Input::Surface(call_id, call::Surface::Shown));
        }
    }

    fn closed(&mut self, window: Window) {
        match window {
            Window::Call => {
                if let Some(call) = self.machine.view().call.filter(|call| call.window_up) {
                    self.feed(Input::Media(call.call_id, MediaInput::WindowClosed));
                }
            }
            Window::Ring => _ = self.feed(Input::User(User::DismissRing)),
            Window::Main if !self.tray => {
                let words =
                    "Zvonok goes on and rings. This desktop shows no tray icon; start Zvonok again to see its window.";
                self.parts.tasks.spawn(ring::plain("Zvonok".to_owned(), words.to_owned()));
            }
            Window::Main => {}
        }
    }

    fn status(&self, json: bool) -> Result<String, IpcError> {
        let status = Status::new(&self.shown(), &self.report, wall_now());
        if !json {
            return Ok(status.to_text());
        }
        status.to_json().map_err(|error| IpcError {
            code: ErrorCode::Internal,
            subject: String::new(),
            message: error.to_string(),
        })
    }

    /// Tells the call window to turn a device on or off.
    pub(super) fn control(&self, device: Device, on: bool) {
        self.parts.surface.control(device, on);
    }
}

fn granted(reaction: Reaction) -> Result<(), IpcError> {
    match reaction {
        Reaction::Taken | Reaction::Stale => Ok(()),
        Reaction::NotNow(why) => Err(reasons::not_now(why)),
    }
}

pub(super) fn not_now(message: &str) -> IpcError {
    IpcError { code: ErrorCode::NotNow, subject: String::new(), message: message.to_owned() }
}

fn media(media: zvonok_ipc::Media) -> call::Media {
    match media {
        zvonok_ipc::Media::Video => call::Media::Video,
        zvonok_ipc::Media::Audio => call::Media::Audio,
    }
}
