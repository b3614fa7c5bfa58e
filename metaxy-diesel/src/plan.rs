//! [`plan`]: changes as SQL for one database, with what each puts at risk.

use crate::{
    change::{Change, Risk},
    ddl::RenderError,
    dialect::Dialect,
    migration::RevertDrop,
    schema::{Column, Table, TableName},
};
use std::collections::BTreeMap;

/// What a migration does, step by step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step of a migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its statements.
    pub up: Vec<String>,
    /// The statements that undo it.
    pub down: Vec<String>,
    /// The step in words.
    pub reason: String,
    /// What can go wrong with it.
    pub risk: Option<Risk>,
    /// What can go wrong when it is undone.
    pub down_risk: Option<Risk>,
    /// What is dropped when it is undone.
    pub revert_drop: Option<RevertDrop>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// Rows or values would be lost, and nobody said that they may be.
    #[error("{}", refusal(losses))]
    Destructive {
        /// What would be lost.
        losses: Vec<Loss>,
    },
    /// A change cannot be written for the database.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// A table or column that would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// `table` or `table.column`: what `--allow-destructive` has to name.
    pub object: String,
    /// New tables with the same columns, or new columns of the same table and type: it may have been renamed to one.
    pub candidates: Vec<String>,
}

/// The SQL of these changes for a database.
///
/// # Errors
///
/// [`PlanError::Destructive`] where rows or values would be lost that `allow_destructive` does not name, as `table` or
/// `table.column`; [`PlanError::Render`] where the database refuses a name or has no such type.
pub fn plan(
    changes: &[Change],
    dialect: &Dialect,
    allow_destructive: &[String],
) -> Result<Plan, PlanError> {
    let losses = losses(changes, dialect, allow_destructive);
    if !losses.is_empty() {
        return Err(PlanError::Destructive { losses });
    }
    let steps: Result<_, RenderError> = changes.iter().map(|it| step(it, dialect)).collect();
    Ok(Plan { steps: steps? })
}

fn step(change: &Change, dialect: &Dialect) -> Result<Step, RenderError> {
    let inverse = change.inverse();
    Ok(Step {
        up: change.render(dialect)?,
        down: inverse.render(dialect)?,
        reason: change.reason(),
        risk: change.risk(dialect),
        down_risk: inverse.risk(dialect),
        revert_drop: revert_drop(&inverse),
    })
}

/// What the reverse of a change drops.
fn revert_drop(inverse: &Change) -> Option<RevertDrop> {
    match inverse {
        Change::DropTable(drop) => {
            Some(RevertDrop { table: drop.table.name.clone(), column: None, default: None })
        }
        Change::DropColumn(drop) => Some(RevertDrop {
            table: drop.table.clone(),
            column: Some(drop.column.name.clone()),
            default: drop.column.default.clone(),
        }),
        _ => None,
    }
}

/// What would be lost, and may not be.
fn losses(changes: &[Change], dialect: &Dialect, allowed: &[String]) -> Vec<Loss> {
    let mut new_tables: BTreeMap<Vec<&str>, Vec<&TableName>> = BTreeMap::new();
    let mut new_columns: BTreeMap<&TableName, Vec<&Column>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::CreateTable(create) => {
                let columns = column_names(&create.table);
                new_tables.entry(columns).or_default().push(&create.table.name);
            }
            Change::AddColumn(add) => new_columns.entry(&add.table).or_default().push(&add.column),
            _ => {}
        }
    }
    let loss = |change: &Change| {
        let risk = change.risk(dialect).filter(|it| matches!(it, Risk::DataLoss { .. }))?;
        let candidates = match change {
            Change::DropTable(drop) => {
                let alike = new_tables.get(&column_names(&drop.table)).into_iter().flatten();
                alike.map(ToString::to_string).collect()
            }
            Change::DropColumn(drop) => {
                let added = new_columns.get(&drop.table).into_iter().flatten();
                let alike = added.filter(|it| it.sql_type == drop.column.sql_type);
                alike.map(|it| it.name.clone()).collect()
            }
            _ => Vec::new(),
        };
        Some(Loss { object: risk.object(), candidates })
    };
    changes.iter().filter_map(loss).filter(|loss| !allowed.contains(&loss.object)).collect()
}

fn column_names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|it| it.name.as_str()).collect()
}

fn refusal(losses: &[Loss]) -> String {
    let flags: Vec<_> = losses.iter().map(Loss::flag).collect();
    let objects: Vec<_> = losses.iter().map(|loss| format!("`{}`", loss.object)).collect();
    let mut words = format!(
        "this drops {} with all data in it; if that is meant, add {}",
        objects.join(", "),
        flags.join(" ")
    );
    for loss in losses.iter().filter(|loss| !loss.candidates.is_empty()) {
        let candidates: Vec<_> = loss.candidates.iter().map(|it| format!("`{it}`")).collect();
        words += &format!(
            "\nif `{}` was renamed to {}, write `renamed_from` there, and nothing is lost",
            loss.object,
            candidates.join(" or ")
        );
    }
    words
}

impl Loss {
    /// The flag that allows it.
    pub fn flag(&self) -> String {
        format!("--allow-destructive {}", self.object)
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What undoing the migration drops.
    pub fn revert_drops(&self) -> Vec<RevertDrop> {
        self.steps.iter().filter_map(|step| step.revert_drop.clone()).collect()
    }

    /// The text of `up.sql`: the steps, and above those that can be refused, why and what to do.
    pub fn up_sql(&self) -> String {
        script(self.steps.iter().map(|step| (&step.up, &step.risk)))
    }

    /// The text of `down.sql`: the reverse of the steps, in the reverse order.
    pub fn down_sql(&self) -> String {
        script(self.steps.iter().rev().map(|step| (&step.down, &step.down_risk)))
    }
}

fn script<'a>(steps: impl Iterator<Item = (&'a Vec<String>, &'a Option<Risk>)>) -> String {
    let blocks = steps.map(|(statements, risk)| {
        let warning = risk.as_ref().map_or_else(String::new, warning);
        format!("{warning}{}\n", statements.join("\n"))
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// A comment that says what can go wrong. Names stand on its line whatever they hold.
fn warning(risk: &Risk) -> String {
    let words = match risk {
        Risk::DataLoss { column: None, .. } => format!("Drops all rows of {}.", risk.object()),
        Risk::DataLoss { column: Some(_), .. } => {
            format!("Drops all values of {}.", risk.object())
        }
        Risk::NeedsEmptyTable { mend, .. } => {
            format!("Refused where the table has rows: {mend}.")
        }
    };
    format!("-- {}\n", words.replace(['\n', '\r'], " "))
}
