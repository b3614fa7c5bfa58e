use super::{Change, Kind};
use crate::{
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, Identity, TableName},
};

/// Rows are numbered in another way, and go on with the next number.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeIdentity {
    /// Its table.
    pub table: TableName,
    /// The column, but for how it is numbered.
    pub column: Column,
    /// How it was numbered.
    pub from: Identity,
    /// How it should be.
    pub to: Identity,
}

impl ChangeIdentity {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let dialect = comparison.dialect;
        let changed = comparison.kept.iter().flat_map(|pair| {
            let kept = pair.kept_columns.iter().filter(|it| pair.stays_numbered(it, dialect));
            kept.filter_map(|it| {
                let (from, to) = it.before.identity.zip(it.after.identity)?;
                let column = Column { identity: None, ..it.after.clone() };
                let table = pair.desired.name.clone();
                (from != to).then_some(Self { table, column, from, to })
            })
        });
        changed.collect()
    }
}

impl Kind for ChangeIdentity {
    fn inverse(&self) -> Change {
        let Self { table, column, from, to } = self.clone();
        Change::ChangeIdentity(Self { table, column, from: to, to: from })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let column = Column { identity: Some(self.to), ..self.column.clone() };
        ddl::number(dialect, &self.table, &column, self.to, |rules, it| (rules.change)(it, self.from))
    }

    fn reason(&self) -> String {
        let Self { table, column, from, to } = self;
        format!("number rows in `{table}.{}` {to}, not {from}", column.name)
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.columns.identity.statements.is_some()
    }
}
