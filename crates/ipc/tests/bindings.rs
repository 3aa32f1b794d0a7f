//! The committed TypeScript is what these types say. `WRITE_BINDINGS=1 cargo test -p zvonok-ipc` rewrites it.

use std::{any::TypeId, collections::BTreeMap, path::Path};

use ts_rs::{Config, TS, TypeVisitor};
use zvonok_ipc::{IpcError, MediaEvent, MediaReport, MediaTicket, PeerTicket, PlaceCall, Setup, TestResult, View};

/// Declarations of every type reachable from the ones visited, by name: the order in which ts-rs lists a type's
/// dependencies differs from build to build.
struct Declarations<'a> {
    config: &'a Config,
    seen: Vec<TypeId>,
    declarations: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_none() || self.seen.contains(&TypeId::of::<T>()) {
            return;
        }
        self.seen.push(TypeId::of::<T>());
        T::visit_dependencies(self);
        let docs = T::docs().unwrap_or_default();
        self.declarations.insert(T::name(self.config), format!("\n{docs}export {}\n", T::decl(self.config)));
    }
}

#[test]
fn the_committed_typescript_is_generated_from_these_types() {
    let config = Config::new().with_large_int("number");
    let mut all = Declarations { config: &config, seen: Vec::new(), declarations: BTreeMap::new() };
    all.visit::<View>();
    all.visit::<PlaceCall>();
    all.visit::<Setup>();
    all.visit::<TestResult>();
    all.visit::<MediaTicket>();
    all.visit::<PeerTicket>();
    all.visit::<MediaEvent>();
    all.visit::<MediaReport>();
    all.visit::<IpcError>();

    let mut text =
        "// Generated from crates/ipc; `WRITE_BINDINGS=1 cargo test -p zvonok-ipc` rewrites it.\n".to_owned();
    text.extend(all.declarations.into_values());

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/lib/ipc/bindings.ts");
    if std::env::var_os("WRITE_BINDINGS").is_some() {
        std::fs::write(&path, &text).expect("the bindings can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "bindings.ts is stale: run WRITE_BINDINGS=1 cargo test -p zvonok-ipc");
}
