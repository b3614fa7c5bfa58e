use super::{Change, DropNamespace, Kind};
use crate::{
    ddl::{self, About, Rendered},
    dialect::Dialect,
    diff::Comparison,
};

/// Tables or types are the first of the history in a namespace. One that is there already is taken as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateNamespace {
    /// Its name.
    pub name: String,
}

impl CreateNamespace {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let (before, after) = (comparison.namespaces, comparison.desired.namespaces());
        let new = after.difference(before);
        new.map(|name| Self { name: name.clone() }).collect()
    }
}

impl Kind for CreateNamespace {
    fn inverse(&self) -> Change {
        Change::DropNamespace(DropNamespace { name: self.name.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let rules = ddl::namespaces(dialect, &self.name)?;
        Ok(vec![(rules.create)(&dialect.quote_identifier(&self.name).about(&self.name)?)])
    }

    fn reason(&self) -> String {
        format!("create schema `{}`, if it is not there", self.name)
    }
}
