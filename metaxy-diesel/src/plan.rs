//! [`plan`]: changes as SQL for one database, with what each puts at risk.

use crate::{
    change::{Change, Risk},
    ddl::{RenderError, Rendered},
    dialect::{Dialect, Rebuild, Renamed},
    diff::Difference,
    loss::{losses, refusal},
    migration::{Backfilled, RevertDrop},
    online::OnlineError,
    rebuild::rebuild,
    schema::TableName,
    summary::{Line, Sign},
};
use std::collections::{BTreeMap, BTreeSet};

mod together;

pub use crate::loss::Loss;

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
    /// The changes that it makes; none where it is only a part of one.
    pub lines: Vec<Line>,
    /// What can go wrong with it.
    pub risks: Vec<Risk>,
    /// What can go wrong when it is undone.
    pub down_risks: Vec<Risk>,
    /// What is lost when it is undone.
    pub revert_drops: Vec<RevertDrop>,
    /// The tables that it builds anew, on the way there or back.
    pub rebuilds: Vec<TableName>,
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
    /// A change cannot be made without keeping others waiting.
    #[error(transparent)]
    Online(#[from] OnlineError),
}

/// The SQL of these changes for a database.
///
/// Where the database cannot make a change in place, the table is built anew, once for all of its changes, and where they are
/// in the way, those that refer to it.
///
/// # Errors
///
/// [`PlanError::Destructive`] where rows or values would be lost that `allow_destructive` does not name, as `table` or
/// `table.column`; [`PlanError::Render`] where the database refuses a name or has no such type.
pub fn plan(
    difference: &Difference,
    dialect: &Dialect,
    allow_destructive: &[String],
) -> Result<Plan, PlanError> {
    refuse_losses(difference, allow_destructive)?;
    let steps: Result<_, RenderError> = match &dialect.rebuild {
        Rebuild::Never => difference.changes.iter().map(|it| step(it, dialect)).collect(),
        Rebuild::Copied { guard } => together::steps(difference, dialect, *guard),
        Rebuild::Renamed(rebuild) => strategies(&difference.changes, dialect)
            .into_iter()
            .map(|strategy| match strategy {
                Strategy::Alone(change) => step(change, dialect),
                Strategy::Together(table, changes) => {
                    table_step(table, &changes, difference, dialect, rebuild)
                }
            })
            .collect(),
    };
    Ok(Plan { steps: steps? })
}

/// Refuses what would be lost and may not be.
pub(crate) fn refuse_losses(difference: &Difference, allowed: &[String]) -> Result<(), PlanError> {
    match losses(difference, allowed) {
        losses if losses.is_empty() => Ok(()),
        losses => Err(PlanError::Destructive { losses }),
    }
}

/// How changes are made.
enum Strategy<'a> {
    Alone(&'a Change),
    /// All changes of one table at once, which has to be built anew on the way there or back.
    Together(&'a TableName, Vec<&'a Change>),
}

/// Gathers the changes of tables that have to be built anew, each at the place of its first.
fn strategies<'a>(changes: &'a [Change], dialect: &Dialect) -> Vec<Strategy<'a>> {
    let stuck =
        changes.iter().filter(|it| !it.in_place(dialect) || !it.inverse().in_place(dialect));
    let rebuilt: BTreeSet<&TableName> = stuck.filter_map(Change::alters).collect();
    let mut places: BTreeMap<&TableName, usize> = BTreeMap::new();
    let mut strategies = Vec::new();
    for change in changes {
        let Some(table) = change.alters().filter(|it| rebuilt.contains(it)) else {
            strategies.push(Strategy::Alone(change));
            continue;
        };
        let place = *places.entry(table).or_insert(strategies.len());
        match strategies.get_mut(place) {
            Some(Strategy::Together(_, changes)) => changes.push(change),
            _ => strategies.push(Strategy::Together(table, vec![change])),
        }
    }
    strategies
}

/// A change by itself.
pub(crate) fn step(change: &Change, dialect: &Dialect) -> Result<Step, RenderError> {
    let inverse = change.inverse();
    Ok(Step {
        up: change.render(dialect)?,
        down: inverse.render(dialect)?,
        reason: change.reason(),
        lines: vec![Line::of(change)],
        risks: change.risks(),
        down_risks: inverse.risks(),
        revert_drops: revert_drops(&inverse),
        rebuilds: Vec::new(),
    })
}

fn table_step(
    table: &TableName,
    changes: &[&Change],
    difference: &Difference,
    dialect: &Dialect,
    renamed: &Renamed,
) -> Result<Step, RenderError> {
    let inverses: Vec<_> = changes.iter().rev().map(|it| it.inverse()).collect();
    let inverses: Vec<_> = inverses.iter().collect();
    let (before, after) = (&difference.before.tables[table], &difference.after.tables[table]);
    let statements = |changes: &[&Change], before, after| {
        if !changes.iter().all(|it| it.in_place(dialect)) {
            return rebuild(dialect, renamed, before, after, changes);
        }
        in_place(changes, dialect)
    };
    let (up, down) = (statements(changes, before, after)?, statements(&inverses, after, before)?);
    Ok(Step { rebuilds: vec![table.clone()], ..joint_step(changes, &inverses, up, down) })
}

/// The statements of changes that can be made in place.
fn in_place(changes: &[&Change], dialect: &Dialect) -> Rendered<Vec<String>> {
    let statements: Result<Vec<_>, _> = changes.iter().map(|it| it.render(dialect)).collect();
    Ok(statements?.concat())
}

/// Several changes at once.
fn joint_step(
    changes: &[&Change],
    inverses: &[&Change],
    up: Vec<String>,
    down: Vec<String>,
) -> Step {
    let reasons: Vec<_> = changes.iter().map(|it| it.reason()).collect();
    Step {
        up,
        down,
        reason: reasons.join("; "),
        lines: changes.iter().map(|it| Line::of(it)).collect(),
        risks: changes.iter().flat_map(|it| it.risks()).collect(),
        down_risks: inverses.iter().flat_map(|it| it.risks()).collect(),
        revert_drops: inverses.iter().flat_map(|it| revert_drops(it)).collect(),
        rebuilds: Vec::new(),
    }
}

/// What the reverse of a change loses.
fn revert_drops(inverse: &Change) -> Vec<RevertDrop> {
    let lost = |table: &TableName, column: Option<&String>| RevertDrop {
        table: table.clone(),
        column: column.cloned(),
        default: None,
        becomes: None,
    };
    match inverse {
        Change::DropTable(it) => vec![lost(&it.table.name, None)],
        Change::DropColumn(it) => {
            let default = it.column.default.clone();
            vec![RevertDrop { default, ..lost(&it.table, Some(&it.column.name)) }]
        }
        Change::StartGenerating(it) => {
            let default = it.from.default.clone();
            vec![RevertDrop { default, ..lost(&it.table, Some(&it.to.name)) }]
        }
        Change::AlterColumn(it) if it.narrows() => {
            let becomes = Some(it.holds());
            vec![RevertDrop { becomes, ..lost(&it.table, Some(&it.to.name)) }]
        }
        Change::AlterEnum(it) => {
            let lost = it.narrowed().map(|(user, becomes)| RevertDrop {
                becomes: Some(becomes),
                ..lost(&user.table, Some(&user.column.name))
            });
            lost.collect()
        }
        _ => Vec::new(),
    }
}

impl Step {
    fn summary(&self) -> Vec<Line> {
        if !self.lines.is_empty() {
            return self.lines.clone();
        }
        let words = self.reason.clone();
        let risks = self.risks.clone();
        vec![Line { sign: Sign::Changed, table: None, is_table: false, words, risks }]
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What it does, as a person skims it.
    pub fn summary(&self) -> Vec<Line> {
        self.steps.iter().flat_map(Step::summary).collect()
    }

    /// What undoing the migration loses.
    pub fn revert_drops(&self) -> Vec<RevertDrop> {
        self.steps.iter().flat_map(|step| step.revert_drops.clone()).collect()
    }

    /// The tables that it builds anew.
    pub fn rebuilds(&self) -> Vec<TableName> {
        self.steps.iter().flat_map(|step| step.rebuilds.clone()).collect()
    }

    /// The columns whose value in rows that are there has to be written into a script.
    pub fn backfills(&self) -> Vec<Backfilled> {
        let risks = self.steps.iter().flat_map(|step| step.risks.iter().chain(&step.down_risks));
        let needed = risks.filter_map(|risk| match risk {
            Risk::NeedsBackfill { table, column } => {
                Some(Backfilled { table: table.clone(), column: column.clone() })
            }
            _ => None,
        });
        let mut needed: Vec<_> = needed.collect();
        needed.dedup();
        needed
    }

    /// The text of `up.sql`: the steps, and above those that can be refused, why and what to do.
    pub fn up_sql(&self) -> String {
        script(self.steps.iter().map(|step| (&step.up, &step.risks)))
    }

    /// The text of `down.sql`: the reverse of the steps, in the reverse order.
    pub fn down_sql(&self) -> String {
        script(self.steps.iter().rev().map(|step| (&step.down, &step.down_risks)))
    }
}

fn script<'a>(steps: impl Iterator<Item = (&'a Vec<String>, &'a Vec<Risk>)>) -> String {
    let said = steps.filter(|(statements, risks)| !statements.is_empty() || !risks.is_empty());
    let blocks = said.map(|(statements, risks)| {
        let warnings: String = risks.iter().map(|risk| format!("-- {risk}\n")).collect();
        format!("{warnings}{}\n", statements.join("\n"))
    });
    blocks.collect::<Vec<_>>().join("\n")
}
