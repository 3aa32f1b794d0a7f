//! What windows send the core, and the views that cross the other way, which a page of tests sends as well.

use serde::de::DeserializeOwned;
use zvonok_ipc::{
    CallView, CertificateQuestion, IpcError, MediaEvent, MediaReport, MediaTicket, PeerTicket, PlaceCall, Setup,
    SetupView, TestResult, View,
};

/// A command's argument or an event.
pub(super) fn ipc(data: &[u8]) {
    is::<PlaceCall>(data);
    is::<Setup>(data);
    is::<MediaReport>(data);
    is::<MediaEvent>(data);
    is::<CallView>(data);
    is::<View>(data);
    is::<SetupView>(data);
    is::<MediaTicket>(data);
    is::<PeerTicket>(data);
    is::<CertificateQuestion>(data);
    is::<TestResult>(data);
    is::<IpcError>(data);
}

fn is<T: DeserializeOwned>(data: &[u8]) {
    let _ = serde_json::from_slice::<T>(data);
}
