use super::{AlterColumn, Change, DropIdentity, Kind};
use crate::{
    columns::IdentityKey,
    ddl::{self, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{Column, TableName},
};

/// The database numbers rows in a column that is there, after the numbers that it has, or has the key for it again.
#[derive(Debug, Clone, PartialEq)]
pub struct AddIdentity {
    /// Its table.
    pub table: TableName,
    /// The column as it should be.
    pub column: Column,
    /// Whether it is numbered already, and was without its key.
    pub held: bool,
}

impl AddIdentity {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let dialect = comparison.dialect;
        let added = comparison.kept.iter().flat_map(|pair| {
            let kept = pair.kept_columns.iter().filter(|it| !pair.stays_numbered(it, dialect));
            // A new column was numbered by an index that is gone: now it has its own.
            let needs_key = dialect.columns.identity.key == IdentityKey::Leading;
            let new = pair.added_columns.iter().copied().filter(move |_| needs_key);
            let kept = kept.map(|it| {
                // Its comment is still to change, unless another definition said it.
                let said = AlterColumn::of(comparison, pair, it).is_some();
                let comment = if said { &it.after.comment } else { &it.before.comment };
                let column = Column { comment: comment.clone(), ..it.after.clone() };
                (column, it.before.identity.is_some())
            });
            let new = new.map(|it| (it.clone(), false));
            let columns = kept.chain(new).filter(|(it, _)| it.identity.is_some());
            columns.map(|(column, held)| Self { table: pair.desired.name.clone(), column, held })
        });
        added.collect()
    }
}

impl Kind for AddIdentity {
    fn inverse(&self) -> Change {
        let Self { table, column, held } = self.clone();
        Change::DropIdentity(DropIdentity { table, column, held })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let Some(identity) = self.column.identity else { return Ok(Vec::new()) };
        ddl::number(dialect, &self.table, &self.column, identity, |rules, it| match self.held {
            true => (rules.hold)(it)[1].clone(),
            false => (rules.add)(it),
        })
    }

    fn reason(&self) -> String {
        if self.held {
            return format!("number `{}.{}` by its new key", self.table, self.column.name);
        }
        let identity = self.column.identity.iter().map(|it| format!(" {it}")).collect::<String>();
        format!("number rows in `{}.{}`{identity}", self.table, self.column.name)
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.columns.identity.statements.is_some()
    }
}
