//! Which room may depend on which (architecture.md), and which rooms stay free of I/O.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::{list, metadata, none, text};

/// Allowed arrows between our own packages. A package that is not listed here is a finding: somebody has to decide.
const ARROWS: &[(&str, &[&str])] = &[
    ("zvonok", &["zvonok-ipc", "zvonok-call", "zvonok-signaling", "zvonok-openvidu", "zvonok-peer", "zvonok-server"]),
    ("zvonok-signaling", &["zvonok-signaling-proto"]),
    ("zvonok-server", &["zvonok-signaling-proto", "zvonok-sfu", "zvonok-openvidu"]),
    ("zvonok-peer", &[]),
    ("zvonok-ipc", &[]),
    ("zvonok-call", &[]),
    ("zvonok-sfu", &[]),
    ("zvonok-openvidu", &[]),
    ("zvonok-signaling-proto", &[]),
    ("zvonok-testkit", &[]),
    // Reads what everybody reads.
    (
        "zvonok-fuzz",
        &[
            "zvonok",
            "zvonok-ipc",
            "zvonok-openvidu",
            "zvonok-peer",
            "zvonok-server",
            "zvonok-sfu",
            "zvonok-signaling-proto",
        ],
    ),
    ("xtask", &["zvonok-testkit"]),
];

/// Those that decide and do no I/O (house rule A5).
const PURE: &[&str] = &["zvonok-ipc", "zvonok-call", "zvonok-sfu", "zvonok-signaling-proto"];

/// What they must not reach, directly or through others.
const IMPURE: &[&str] = &["tokio", "async-std", "smol", "mio", "tauri", "axum", "hyper", "reqwest", "tungstenite"];

/// Walks the dependency graph.
pub(crate) fn arrows() -> Result<()> {
    none(&findings(&metadata()?))
}

fn findings(metadata: &Value) -> Vec<String> {
    let names: BTreeMap<&str, &str> =
        list(metadata, "/packages").iter().map(|package| (text(package, "/id"), text(package, "/name"))).collect();
    let name = |id: &str| names.get(id).copied().unwrap_or_default();
    // What each package uses in the program itself: tests and build scripts may use more.
    let graph: BTreeMap<&str, Vec<&str>> = list(metadata, "/resolve/nodes")
        .iter()
        .map(|node| {
            let normal = list(node, "/deps")
                .iter()
                .filter(|dependency| list(dependency, "/dep_kinds").iter().any(|kind| kind["kind"].is_null()))
                .map(|dependency| text(dependency, "/pkg"))
                .collect();
            (text(node, "/id"), normal)
        })
        .collect();
    let members: Vec<&str> = list(metadata, "/workspace_members").iter().filter_map(Value::as_str).collect();
    let mut findings = Vec::new();
    for member in &members {
        let from = name(member);
        let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == from) else {
            findings.push(format!("{from} has no line in the table of arrows"));
            continue;
        };
        for to in graph.get(member).into_iter().flatten().filter(|id| members.contains(id)).map(|id| name(id)) {
            if !allowed.contains(&to) {
                findings.push(format!("{from} -> {to} is not an arrow of architecture.md"));
            }
        }
        if PURE.contains(&from) {
            let reached = reachable(member, &graph);
            for to in reached.iter().map(|id| name(id)).filter(|to| IMPURE.contains(to)) {
                findings.push(format!("{from} is to be free of I/O and reaches {to}"));
            }
        }
    }
    findings
}

fn reachable<'a>(from: &'a str, graph: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(id) = waiting.pop() {
        for next in graph.get(id).into_iter().flatten() {
            if seen.insert(*next) {
                waiting.push(next);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(edges: &[(&str, &str, Option<&str>)], members: &[&str]) -> Value {
        let ids: BTreeSet<&str> = edges.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
        json!({
            "packages": ids.iter().map(|id| json!({"id": id, "name": id})).collect::<Vec<_>>(),
            "workspace_members": members,
            "resolve": {"nodes": ids.iter().map(|id| json!({
                "id": id,
                "deps": edges.iter().filter(|(from, ..)| from == id)
                    .map(|(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]})).collect::<Vec<_>>(),
            })).collect::<Vec<_>>()},
        })
    }

    #[test]
    fn a_forbidden_arrow_and_a_hidden_runtime_are_found_and_test_dependencies_are_not() {
        let good = graph(
            &[("zvonok", "zvonok-call", None), ("zvonok-call", "zvonok-testkit", Some("dev"))],
            &["zvonok", "zvonok-call", "zvonok-testkit"],
        );
        assert_eq!(findings(&good), Vec::<String>::new());
        let back = graph(&[("zvonok-call", "zvonok-ipc", None)], &["zvonok-call", "zvonok-ipc"]);
        assert_eq!(findings(&back).len(), 1, "call depends on nothing of ours");
        let hidden = graph(&[("zvonok-sfu", "helper", None), ("helper", "tokio", None)], &["zvonok-sfu"]);
        assert_eq!(findings(&hidden), ["zvonok-sfu is to be free of I/O and reaches tokio"]);
        assert_eq!(findings(&graph(&[("new", "serde", None)], &["new"])).len(), 1, "a new room needs a decision");
    }
}
