use super::{Change, DropColumn, Kind, Risk};
use crate::{
    columns::IdentityKey,
    ddl::{self, About, Rendered, alter_table},
    dialect::{AlterColumn, Dialect},
    diff::Comparison,
    schema::{Column, TableName},
};

/// A table that was there has a new column.
#[derive(Debug, Clone, PartialEq)]
pub struct AddColumn {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: Column,
    /// The value of rows that are there, as SQL, where the column needs one and has no default; `None`: the user writes
    /// it into the migration.
    pub backfill: Option<String>,
}

impl AddColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let added = comparison.kept.iter().flat_map(|pair| {
            let plain = pair.added_columns.iter().filter(|it| it.generated.is_none());
            plain.map(|column| Self {
                table: pair.desired.name.clone(),
                column: (*column).clone(),
                backfill: None,
            })
        });
        added.collect()
    }

    /// Whether rows that are there need a value that no default gives them.
    pub(crate) fn needs_backfill(&self) -> bool {
        let Column { nullable, default, identity, .. } = &self.column;
        !nullable && default.is_none() && identity.is_none()
    }
}

impl AddColumn {
    /// Numbers the rows. [`AddIdentity`](super::AddIdentity) goes on, once the column has a key and no other is numbered.
    fn render_numbered(&self, alter: &str, dialect: &Dialect) -> Rendered<Vec<String>> {
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.column.name).about(&self.table)?;
        let plain = Column { identity: None, ..self.column.clone() };
        let plain = ddl::column(dialect, &self.table, &plain)?;
        Ok(vec![
            format!("{alter} ADD COLUMN {plain};"),
            format!(
                "UPDATE {table}, (SELECT @metaxy_number := 0) AS metaxy_start \
                 SET {name} = (@metaxy_number := @metaxy_number + 1);"
            ),
        ])
    }
}

impl Kind for AddColumn {
    fn inverse(&self) -> Change {
        Change::DropColumn(DropColumn { table: self.table.clone(), column: self.column.clone() })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = alter_table(dialect, &self.table)?;
        let comment = ddl::column_comment(dialect, &self.table, &self.column)?;
        let add = |column: &Column| -> Rendered {
            Ok(format!("{alter} ADD COLUMN {}", ddl::column(dialect, &self.table, column)?))
        };
        if self.column.identity.is_some()
            && dialect.columns.identity.key == IdentityKey::Leading
        {
            return self.render_numbered(&alter, dialect);
        }
        if !self.needs_backfill() {
            let mut statements = vec![format!("{};", add(&self.column)?)];
            statements.extend(ddl::numbers(dialect, &self.table, &self.column)?);
            statements.extend(comment);
            return Ok(statements);
        }
        let nullable = Column { nullable: true, ..self.column.clone() };
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.column.name).about(&self.table)?;
        let value = ddl::backfill(&self.table, &self.column.name, self.backfill.as_deref());
        let mut statements = vec![
            format!("{};", add(&nullable)?),
            format!("UPDATE {table} SET {name} = {value};"),
            ddl::alter_column(dialect, &self.table, &nullable, &self.column)?,
        ];
        statements.extend(comment);
        Ok(statements)
    }

    fn reason(&self) -> String {
        format!("add column `{}.{}`", self.table, self.column.name)
    }

    fn brief(&self) -> String {
        format!("column {}", self.column.in_words())
    }

    fn risks(&self) -> Vec<Risk> {
        let (table, column) = (self.table.clone(), self.column.name.clone());
        match self.needs_backfill() && self.backfill.is_none() {
            true => vec![Risk::NeedsBackfill { table, column }],
            false => Vec::new(),
        }
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        if self.column.identity.is_some() {
            return dialect.columns.identity.statements.is_some();
        }
        match &self.column.default {
            None => self.column.nullable || dialect.alter_column != AlterColumn::Rebuild,
            Some(_) if !self.column.nullable && !dialect.add_required_column => false,
            Some(default) => (dialect.add_column_with_default)(default),
        }
    }
}
