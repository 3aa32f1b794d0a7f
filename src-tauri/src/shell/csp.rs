//! The content security policy: no remote script, no inline script, and of all addresses only the core's own listener.

use tauri::{Context, Runtime, utils::config::Csp};

/// Lets windows connect to the loopback listener on `port` and to nothing else.
pub(super) fn allow_loopback<R: Runtime>(context: &mut Context<R>, port: u16) {
    context.config_mut().app.security.csp = Some(Csp::Policy(policy(port)));
}

fn policy(port: u16) -> String {
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self' blob:",
        "style-src 'self'",
        // Attributes only: Svelte's `style:` and openvidu-browser's mirror write them.
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob: mediastream:",
        // The page's own origin: samples of the fake voice are fetched.
        &format!("connect-src 'self' ipc: http://ipc.localhost ws://127.0.0.1:{port}"),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_policy_names_the_exact_port_and_no_other_host() {
        let policy = super::policy(4711);
        assert!(policy.contains("ws://127.0.0.1:4711"));
        assert!(!policy.contains('*') && !policy.contains("unsafe-eval"));
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
    }
}
