use super::{Change, Kind};
use crate::{
    ddl::{About, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

/// A value of an enumerated type has another name. Where types have no names, [`AlterColumn`](super::AlterColumn) does it.
#[derive(Debug, Clone, PartialEq)]
pub struct RenameEnumValue {
    /// The type, by its new name.
    pub of: TableName,
    /// The value until now.
    pub from: String,
    /// The value by its new name.
    pub to: String,
}

impl RenameEnumValue {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        comparison.renamed_enum_values.to_vec()
    }
}

impl Kind for RenameEnumValue {
    fn inverse(&self) -> Change {
        let of = self.of.clone();
        Change::RenameEnumValue(Self { of, from: self.to.clone(), to: self.from.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let name = dialect.quote_table(&self.of).about(&self.of)?;
        let (from, to) = (dialect.quote_text(&self.from), dialect.quote_text(&self.to));
        Ok(vec![format!("ALTER TYPE {name} RENAME VALUE {from} TO {to};")])
    }

    fn reason(&self) -> String {
        format!("rename value `{}` of type `{}` to `{}`", self.from, self.of, self.to)
    }
}
