use super::{Change, DropEnum, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::EnumType,
};

/// An enumerated type is new.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateEnum {
    /// The type.
    pub of: EnumType,
}

impl CreateEnum {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let new = comparison.desired.enums.values();
        let new = new.filter(|it| !comparison.current.enums.contains_key(&it.name));
        new.map(|of| Self { of: of.clone() }).collect()
    }
}

impl Kind for CreateEnum {
    fn inverse(&self) -> Change {
        Change::DropEnum(DropEnum { of: self.of.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        Ok(vec![ddl::create_enum(dialect, &self.of)?])
    }

    fn reason(&self) -> String {
        format!("create type `{}`", self.of.name)
    }
}
