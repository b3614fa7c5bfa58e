use super::{Change, CreateEnum, Kind};
use crate::{
    ddl::{About, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::EnumType,
};

/// An enumerated type is gone: no column of the history has it any more.
#[derive(Debug, Clone, PartialEq)]
pub struct DropEnum {
    /// The type as it was.
    pub of: EnumType,
}

impl DropEnum {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let gone = comparison.current.enums.values();
        let gone = gone.filter(|it| !comparison.desired.enums.contains_key(&it.name));
        gone.map(|of| Self { of: of.clone() }).collect()
    }
}

impl Kind for DropEnum {
    fn inverse(&self) -> Change {
        Change::CreateEnum(CreateEnum { of: self.of.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let name = dialect.quote_table(&self.of.name).about(&self.of.name)?;
        // Without CASCADE: columns of others that have the type are kept, and the migration fails.
        Ok(vec![format!("DROP TYPE {name};")])
    }

    fn reason(&self) -> String {
        format!("drop type `{}`", self.of.name)
    }
}
