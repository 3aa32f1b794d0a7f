//! Asking for the secret or a password outside of any webview (decision 1).

#[cfg(target_os = "linux")]
mod gtk;
#[cfg(not(target_os = "linux"))]
mod system;

use crate::core::Question;

#[cfg(target_os = "linux")]
pub(crate) use self::gtk::ask;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::system::ask;

/// What a dialog says.
struct Words {
    #[cfg(target_os = "linux")]
    title: &'static str,
    /// The question itself; the dialog's field is named after it.
    label: String,
    /// What a screen reader calls the field.
    #[cfg(target_os = "linux")]
    field: &'static str,
    /// The button that gives the answer.
    #[cfg(target_os = "linux")]
    give: &'static str,
    /// Whose it is, for systems whose prompt wants a name.
    #[cfg(not(target_os = "linux"))]
    user: String,
}

impl Words {
    fn of(question: Question) -> Self {
        match question {
            Question::Secret { openvidu } => Self {
                #[cfg(target_os = "linux")]
                title: "OpenVidu secret",
                label: format!("Secret of {openvidu}"),
                #[cfg(target_os = "linux")]
                field: "OpenVidu secret",
                #[cfg(target_os = "linux")]
                give: "Store in keyring",
                #[cfg(not(target_os = "linux"))]
                user: zvonok_openvidu::wire::REST_USER.to_owned(),
            },
            Question::Password { login, hub } => Self {
                #[cfg(target_os = "linux")]
                title: "Sign in",
                label: format!("Password of {login} at {hub}"),
                #[cfg(target_os = "linux")]
                field: "Password",
                #[cfg(target_os = "linux")]
                give: "Sign in",
                #[cfg(not(target_os = "linux"))]
                user: login,
            },
        }
    }
}
