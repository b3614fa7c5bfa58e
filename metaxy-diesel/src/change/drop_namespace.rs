use super::{Change, CreateNamespace, Kind};
use crate::{
    ddl::{self, About, Rendered},
    dialect::Dialect,
    diff::Comparison,
};

/// Nothing of the history is in a namespace any more. It is dropped where a migration made it and nobody else has
/// something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct DropNamespace {
    /// Its name.
    pub name: String,
}

impl DropNamespace {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let (before, after) = (comparison.namespaces, comparison.desired.namespaces());
        let gone = before.difference(&after);
        gone.map(|name| Self { name: name.clone() }).collect()
    }
}

impl Kind for DropNamespace {
    fn inverse(&self) -> Change {
        Change::CreateNamespace(CreateNamespace { name: self.name.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let rules = ddl::namespaces(dialect, &self.name)?;
        Ok(vec![(rules.drop)(&dialect.quote_identifier(&self.name).about(&self.name)?)])
    }

    fn reason(&self) -> String {
        format!("drop schema `{}`, if a migration made it and it is empty", self.name)
    }
}
