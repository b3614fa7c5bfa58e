use super::{AddIdentity, Change, Kind};
use crate::{
    columns::IdentityKey,
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, TableName},
};

/// The database numbers rows in a column no more, or by another key that it needs. The numbers stay.
#[derive(Debug, Clone, PartialEq)]
pub struct DropIdentity {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub column: Column,
    /// Whether it is numbered all the same, until another key is there.
    pub held: bool,
}

impl DropIdentity {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let dialect = comparison.dialect;
        let dropped = comparison.kept.iter().flat_map(|pair| {
            let kept = pair.kept_columns.iter().filter(|it| !pair.stays_numbered(it, dialect));
            // A key that a numbered column needs goes before the column.
            let needs_key = dialect.columns.identity.key == IdentityKey::Leading;
            let removed = pair.removed_columns.iter().copied().filter(move |_| needs_key);
            let kept = kept.map(|it| (it.before, it.after.identity.is_some()));
            let columns = kept.chain(removed.map(|it| (it, false)));
            columns.filter(|(it, _)| it.identity.is_some()).map(|(column, held)| Self {
                table: pair.desired.name.clone(),
                column: column.clone(),
                held,
            })
        });
        dropped.collect()
    }
}

impl Kind for DropIdentity {
    fn inverse(&self) -> Change {
        let Self { table, column, held } = self.clone();
        Change::AddIdentity(AddIdentity { table, column, held })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let Some(identity) = self.column.identity else { return Ok(Vec::new()) };
        let plain = Column { identity: None, ..self.column.clone() };
        ddl::number(dialect, &self.table, &plain, identity, |rules, it| match self.held {
            true => (rules.hold)(it)[0].clone(),
            false => (rules.drop)(it),
        })
    }

    fn reason(&self) -> String {
        let Self { table, column, held } = self;
        match held {
            true => format!("number `{table}.{}` without its key", column.name),
            false => format!("number `{table}.{}` no more", column.name),
        }
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.columns.identity.statements.is_some()
    }
}
