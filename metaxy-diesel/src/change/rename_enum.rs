use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// An enumerated type has another name.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameEnum {
    /// Its name until now.
    pub from: TableName,
    /// Its new name.
    pub to: TableName,
}

impl RenameEnum {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_enums.clone()
    }
}

impl Kind for RenameEnum {
    fn inverse(&self) -> Change {
        Change::RenameEnum(Self { from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let from = dialect.quote_table(&self.from).about(&self.from)?;
        let to = dialect.quote_identifier(&self.to.name).about(&self.to)?;
        Ok(vec![format!("ALTER TYPE {from} RENAME TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename type `{}` to `{}`", self.from, self.to)
    }
}
