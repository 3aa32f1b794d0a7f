//! The content security policy: no remote script, no inline script, and of all addresses only the core's own listener.

use tauri::{Context, Runtime, utils::config::Csp};

/// How commands reach the core: a scheme of Tauri's own, which WebView2 only has as a host.
const COMMANDS: &str = if cfg!(windows) { "http://ipc.localhost" } else { "ipc:" };

/// Lets windows connect to the loopback listener on `port` and to nothing else.
pub(super) fn allow_loopback<R: Runtime>(context: &mut Context<R>, port: u16) {
    context.config_mut().app.security.csp = Some(Csp::Policy(policy(port)));
}

fn policy(port: u16) -> String {
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        // Streams of a call are objects, not addresses.
        "media-src 'self'",
        // The page's own origin: samples of the fake voice are fetched.
        &format!("connect-src 'self' {COMMANDS} ws://127.0.0.1:{port}"),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tauri::test::MockRuntime;

    /// A directive's sources.
    fn sources(policy: &str, name: &str) -> Vec<String> {
        let directive = policy.split("; ").find_map(|directive| directive.strip_prefix(&format!("{name} ")));
        directive.unwrap_or_else(|| panic!("{name} is not in {policy}")).split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn of_all_addresses_only_the_apps_own_pages_and_the_exact_port_are_named() {
        let policy = super::policy(4711);
        assert_eq!(sources(&policy, "default-src"), ["'none'"]);
        assert_eq!(sources(&policy, "connect-src"), ["'self'", super::COMMANDS, "ws://127.0.0.1:4711"]);
        for directive in ["script-src", "worker-src", "style-src", "img-src", "font-src", "media-src"] {
            assert_eq!(sources(&policy, directive), ["'self'"], "{directive}");
        }
        for directive in ["base-uri", "form-action", "frame-ancestors", "object-src"] {
            assert_eq!(sources(&policy, directive), ["'none'"], "{directive}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn it_takes_the_place_of_the_one_in_the_configuration() {
        let mut context = crate::shell::context::<MockRuntime>();
        super::allow_loopback(&mut context, 4711);
        let set = context.config().app.security.csp.as_ref().map(ToString::to_string);
        assert_eq!(set.as_deref(), Some(super::policy(4711).as_str()));
        assert!(!context.config().app.with_global_tauri, "a script has to be a module of ours to find the commands");
    }

    #[test]
    fn no_page_has_an_inline_or_a_remote_script() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
        for page in ["main.html", "ring.html", "call.html"] {
            let text = std::fs::read_to_string(folder.join(page)).unwrap();
            let scripts: Vec<&str> = text.split("<script").skip(1).collect();
            assert!(!scripts.is_empty(), "{page} has a script");
            for script in scripts {
                let (attributes, rest) = script.split_once('>').unwrap();
                assert!(rest.starts_with("</script>"), "inline in {page}: {rest}");
                let source = attributes.split("src=\"").nth(1).unwrap();
                assert!(!source.contains("//") || source.starts_with("./"), "remote in {page}: {source}");
            }
            for attribute in [" onclick", " onload", " onerror", "javascript:"] {
                assert!(!text.contains(attribute), "{attribute} in {page}");
            }
        }
    }
}
