//! What WebKitGTK needs so that a page can capture, and its worker can reach the frames.

mod feature;
mod priority;

use std::rc::Rc;

use webkit2gtk::glib::object::{Cast, ObjectExt};
use webkit2gtk::{
    DeviceInfoPermissionRequest, HardwareAccelerationPolicy, PermissionRequestExt, SettingsExt,
    UserMediaPermissionRequest, UserMediaPermissionRequestExt, WebView, WebViewExt,
};

pub(crate) use priority::keep_sound_threads_normal;

/// The WebKit feature that gives workers `MediaStreamTrackProcessor` and `VideoTrackGenerator`.
const FEATURE: &str = "MediaStreamTrackProcessing";

/// What a page may do.
#[derive(Clone)]
pub struct Options {
    /// Origin whose pages may use camera and microphone, as `tauri://localhost`. Every other page is refused.
    pub origin: String,
    /// A moving picture and a tone in place of devices.
    pub mock_capture_devices: bool,
    /// Asked before the camera (`true`) or only the microphone (`false`) is opened.
    pub allow_capture: Rc<dyn Fn(bool) -> bool>,
}

impl Options {
    /// Pages of `origin` may use the devices; no mock devices.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), mock_capture_devices: false, allow_capture: Rc::new(|_| true) }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("origin", &self.origin)
            .field("mock_capture_devices", &self.mock_capture_devices)
            .finish_non_exhaustive()
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Prepared {
    /// This WebKit has the feature that video needs. Without it a page can only send and receive sound.
    pub track_processing: bool,
}

/// Switches on what the page side of the peer connection needs, and answers the page's requests for devices.
/// Call it on the GTK thread, once for each webview, before its page asks for a device.
pub fn prepare(view: &WebView, options: Options) -> Prepared {
    let mut track_processing = false;
    if let Some(settings) = WebViewExt::settings(view) {
        settings.set_enable_media_stream(true);
        settings.set_enable_mock_capture_devices(options.mock_capture_devices);
        // Sound of a call starts without a click; wry sets the same for media elements only.
        settings.set_media_playback_requires_user_gesture(false);
        if !has_graphics_card() {
            // Compositing by a processor that plays graphics card took 33 % of a core for two 640x480 videos.
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
        track_processing = feature::enable(&settings, FEATURE);
    }
    view.connect_permission_request(move |view, request| {
        let own = view.uri().is_some_and(|uri| is_of_origin(&uri, &options.origin));
        if request.is::<DeviceInfoPermissionRequest>() {
            answer(request, own);
            return true;
        }
        let Some(media) = request.downcast_ref::<UserMediaPermissionRequest>() else {
            // Location, notifications and the like: nothing this app's pages need.
            answer(request, false);
            return true;
        };
        answer(request, own && (options.allow_capture)(media.is_for_video_device()));
        true
    });
    Prepared { track_processing }
}

/// Whether anything here can render (a virtual display or a machine without a card has no render node).
#[must_use]
pub fn has_graphics_card() -> bool {
    let Ok(devices) = std::fs::read_dir("/dev/dri") else { return false };
    devices.flatten().any(|device| device.file_name().as_encoded_bytes().starts_with(b"renderD"))
}

fn answer(request: &webkit2gtk::PermissionRequest, allow: bool) {
    if allow {
        request.allow();
    } else {
        request.deny();
    }
}

/// Whether `uri` is a page of `origin`: the same beginning, and not `tauri://localhost.evil`.
fn is_of_origin(uri: &str, origin: &str) -> bool {
    uri.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_very_origin_are_allowed() {
        assert!(is_of_origin("tauri://localhost/call.html", "tauri://localhost"));
        assert!(is_of_origin("tauri://localhost", "tauri://localhost"));
        for uri in [
            "tauri://localhost.evil/",
            "https://localhost/",
            "tauri://localhos",
            "about:blank",
            "tauri://localhost@evil/",
        ] {
            assert!(!is_of_origin(uri, "tauri://localhost"), "{uri}");
        }
    }
}
