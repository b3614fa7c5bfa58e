//! [`Environment`]: the variables that configuration is read with.

use super::{
    node::{Node, Table, Value, merge_deep},
    origin::Spot,
};
use std::{collections::BTreeMap, fmt};

/// Environment variables: those of the process, or any others.
///
/// ```
/// use metaxy_core::config::Environment;
///
/// let environment: Environment = [("METAXY_PROJECT", "video")].into_iter().collect();
/// assert_eq!(environment.get("METAXY_PROJECT"), Some("video"));
/// ```
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process that are Unicode.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Expands `${NAME}` and `${NAME:-default}`; what stands in for them is not expanded again.
    /// A variable that is set to nothing counts as set.
    ///
    /// # Errors
    ///
    /// The name of a variable that is not set and has no default.
    pub(super) fn expand(&self, template: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = template;
        while let Some(start) = rest.find("${") {
            let inner = &rest[start + 2..];
            let Some((length, name, default)) = split_variable(inner) else {
                expanded += &rest[..start + 2];
                rest = inner;
                continue;
            };
            expanded += &rest[..start];
            expanded += self.get(name).or(default).ok_or(name)?;
            rest = &inner[length..];
        }
        Ok(expanded + rest)
    }

    /// What `METAXY_*` variables set: `METAXY_STORES__PROD__TYPE` is `stores.prod.type`. `nested` are the
    /// keys that are tables, `flat` the other ones; variables that name none of both are not ours.
    pub(super) fn overlay(&self, flat: &[&str], nested: &[&str]) -> Table {
        let mut overlay = Table::new();
        for (variable, text) in &self.0 {
            let name = variable.to_lowercase();
            let Some(name) = name.strip_prefix("metaxy_") else { continue };
            let keys: Vec<&str> = name.split("__").collect();
            let is_ours = nested.contains(&keys[0]) || keys.len() == 1 && flat.contains(&keys[0]);
            if !is_ours || keys.contains(&"") {
                continue;
            }
            let spot = Spot::Variable(variable.as_str().into());
            let leaf = Node { path: keys.join("."), spot, value: Value::Text(text.clone()) };
            // Deeper than `stores.prod.config` a variable replaces what the file says.
            let leaf = if keys.len() <= 3 { leaf.decode() } else { leaf };
            merge_deep(&mut overlay, nest(&keys, leaf));
        }
        overlay
    }
}

/// Splits `NAME}` or `NAME:-default}`, which follow a `${`: how long it is, the name, the default.
fn split_variable(text: &str) -> Option<(usize, &str, Option<&str>)> {
    let name = &text[..text.find([':', '}'])?];
    let rest = &text[name.len()..];
    let default = rest.strip_prefix(":-").map(|rest| rest.find('}').map(|end| &rest[..end]));
    match default {
        _ if name.is_empty() => None,
        None if rest.starts_with('}') => Some((name.len() + 1, name, None)),
        Some(Some(default)) => Some((name.len() + default.len() + 3, name, Some(default))),
        _ => None,
    }
}

/// The table that has `leaf` under `keys`.
fn nest(keys: &[&str], leaf: Node) -> Table {
    let node = (1..keys.len()).rev().fold(leaf, |node, depth| Node {
        path: keys[..depth].join("."),
        spot: node.spot.clone(),
        value: Value::Table(Table::from([(keys[depth].to_owned(), node)])),
    });
    Table::from([(keys[0].to_owned(), node)])
}

/// Names only: values may be secret.
impl fmt::Debug for Environment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Metaxy for Python 0.1.11 makes of the same templates, but for variables that are missing.
    #[test]
    fn variables_expand() {
        let environment: Environment =
            [("A", "1"), ("EMPTY", ""), ("REF", "${A}")].into_iter().collect();
        for (template, expected) in [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("x${A}y${A}", Ok("x1y1")),
            ("${A:-2}", Ok("1")),
            ("${NOPE:-2}", Ok("2")),
            ("${NOPE:-}", Ok("")),
            ("${NOPE:-a:-b}", Ok("a:-b")),
            ("${NOPE:-${A}}", Ok("${A}")),
            ("${EMPTY:-2}", Ok("")),
            ("${REF}", Ok("${A}")),
            ("$A ${A:b} ${} ${A", Ok("$A ${A:b} ${} ${A")),
            ("${A:b}${A}", Ok("${A:b}1")),
            ("$${A}", Ok("$1")),
            ("é${A}é", Ok("é1é")),
            ("${A}${NOPE}", Err("NOPE")),
            ("${NOPE-x}", Err("NOPE-x")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(environment.expand(template), expected, "of {template}");
        }
    }
}
