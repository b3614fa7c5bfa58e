//! Databases that are told not to copy a table, and refuse where they would have to.

use super::{OnlineError, Stage};
use crate::{
    change::Change,
    dialect::Dialect,
    diff::Difference,
    plan::{Plan, PlanError, plan},
    schema::SqlType,
};

/// What every `ALTER TABLE` ends with.
const CLAUSES: &str = "ALGORITHM=INPLACE, LOCK=NONE";

/// One migration, whose statements the database refuses where others would wait.
pub(super) fn stages(
    difference: &Difference,
    dialect: &Dialect,
    allow_destructive: &[String],
) -> Result<Vec<Stage>, PlanError> {
    if let Some(change) = difference.changes.iter().find(|it| copies(it)) {
        let (database, change) = (dialect.title, change.reason());
        return Err(OnlineError::Copies { database, change }.into());
    }
    let mut plan = plan(difference, dialect, allow_destructive)?;
    for step in &mut plan.steps {
        // Not those of the way back, which has to work whatever it takes.
        for statement in &mut step.up {
            *statement = in_place(statement);
        }
    }
    let stage = |plan: Plan| Stage { name: "online", transaction: dialect.transactional_ddl, plan };
    Ok(if plan.is_empty() { Vec::new() } else { vec![stage(plan)] })
}

/// Whether the database copies the table for a change, as measured on MariaDB 10.11: `ALGORITHM=INPLACE` is refused.
fn copies(change: &Change) -> bool {
    match change {
        Change::AlterColumn(it) => match (&it.from.sql_type, &it.to.sql_type) {
            // In place up to 255 bytes, which the database knows.
            (SqlType::Varchar(from), SqlType::Varchar(to)) => to < from,
            (from, to) => from != to,
        },
        Change::AddColumn(it) => it.column.generated.is_some(),
        Change::RenameColumn(it) => it.is_named(),
        Change::AddCheck(_) | Change::AddForeignKey(_) | Change::DropPrimaryKey(_) => true,
        _ => false,
    }
}

/// A statement that is refused where it would copy a table. A table is renamed at once, and no index is dropped but at once.
fn in_place(statement: &str) -> String {
    let Some(body) = statement.strip_suffix(';') else { return statement.to_owned() };
    let separator = match statement {
        it if it.starts_with("CREATE INDEX") || it.starts_with("CREATE UNIQUE INDEX") => " ",
        it if it.starts_with("ALTER TABLE") && !it.contains(" RENAME TO ") => ", ",
        _ => return statement.to_owned(),
    };
    let clauses = if separator == " " { CLAUSES.replace(", ", " ") } else { CLAUSES.to_owned() };
    format!("{body}{separator}{clauses};")
}
