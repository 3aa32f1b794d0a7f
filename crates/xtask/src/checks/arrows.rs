//! Which room may depend on which (architecture.md), and which rooms stay free of I/O.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::{list, metadata, none, text};
use crate::steps::{command, output_of};

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
    let mut findings = findings(&metadata()?);
    for pure in PURE {
        // Of this package alone: the metadata has the features that others of the workspace ask of what it uses.
        let tree = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", pure];
        findings.extend(reached(pure, &output_of(command(&tree))?));
    }
    none(&findings)
}

/// What a package must not reach and does, by its list of what it uses, a package a line.
fn reached(pure: &str, tree: &str) -> Vec<String> {
    let used: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    let found = IMPURE.iter().filter(|name| used.contains(*name));
    found.map(|name| format!("{pure} is to be free of I/O and reaches {name}")).collect()
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
    }
    findings
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
        let hidden = "zvonok-sfu v0.1.0 (/here)\nstr0m v0.25.0\ntokio v1.54.1\ntokio-util v0.7.0\n";
        assert_eq!(reached("zvonok-sfu", hidden), ["zvonok-sfu is to be free of I/O and reaches tokio"]);
        assert!(reached("zvonok-sfu", &hidden.replace("tokio v", "tokio-stream v")).is_empty());
        assert_eq!(findings(&graph(&[("new", "serde", None)], &["new"])).len(), 1, "a new room needs a decision");
    }
}
