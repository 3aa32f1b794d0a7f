//! Members of a settings file that this version does not know: a newer one's, which are kept.

use toml::{Table, Value};

/// So deep they may be nested. What is deeper could be written, and not be read again.
const DEEPEST: usize = 16;

/// Leaves out what is nested too deep, and says so.
pub(super) fn keep(members: &mut Table) {
    members.retain(|name, value| {
        let kept = is_within(value, DEEPEST);
        if !kept {
            tracing::warn!(member = name, "a setting that this version does not know is nested too deep, and left out");
        }
        kept
    });
}

/// Looks no deeper than that.
fn is_within(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| is_within(item, depth)),
        Value::Table(members) => members.values().all(|member| is_within(member, depth)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deep_is_left_out_and_the_rest_is_kept() {
        let deep = vec!["a"; 40].join(".");
        let mut members: Table = toml::from_str(&format!("{deep} = 1\nb = [[1]]\n[c]\nd = {{ e = 2 }}")).unwrap();
        keep(&mut members);
        assert_eq!(members.keys().collect::<Vec<_>>(), ["b", "c"]);
    }
}
