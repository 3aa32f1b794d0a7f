//! Asking for the secret outside of any webview (decision 1).

#[cfg(target_os = "linux")]
mod gtk;
#[cfg(not(target_os = "linux"))]
mod system;

#[cfg(target_os = "linux")]
pub(crate) use self::gtk::ask;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::system::ask;
