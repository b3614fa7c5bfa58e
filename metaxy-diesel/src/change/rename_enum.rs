use super::{Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// An enumerated type has another name, or is in another namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameEnum {
    /// Its name until now.
    pub from: TableName,
    /// Its new name.
    pub to: TableName,
}

impl RenameEnum {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_enums.to_vec()
    }
}

impl Kind for RenameEnum {
    fn inverse(&self) -> Change {
        Change::RenameEnum(Self { from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        ddl::rename(dialect, "TYPE", &self.from, &self.to)
    }

    fn reason(&self) -> String {
        format!("rename type `{}` to `{}`", self.from, self.to)
    }
}
