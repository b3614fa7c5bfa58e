//! Changes in stages: migrations of which none keeps others waiting for long.
//!
//! What cannot be done at once is done beside what is there, and takes its place in the end (expand and contract). In
//! between, programs that know the old name or type and programs that know the new one run side by side.

mod clauses;
mod column;
mod steps;

pub(crate) use steps::is_volatile;

use crate::{
    change::Change,
    ddl::RenderError,
    dialect::{Dialect, Online},
    diff::Difference,
    plan::{Plan, PlanError, Step, refuse_losses, step},
};

/// Migrations in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// What it is, in a word: part of the directory's name.
    pub(crate) name: &'static str,
    /// Whether it runs in a transaction.
    pub(crate) transaction: bool,
    /// What it does.
    pub(crate) plan: Plan,
}

/// Why a change cannot be made without keeping others waiting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnlineError {
    /// The database has nothing for it.
    #[error("`--online`: {database} lets one write at a time: leave it out")]
    Database {
        /// The database.
        database: &'static str,
    },
    /// The database copies the table for it.
    #[error(
        "`--online`: {database} copies the table to {change}, and nobody can write to it meanwhile: make this change without \
         `--online`"
    )]
    Copies {
        /// The database.
        database: &'static str,
        /// The change, in words.
        change: String,
    },
    /// Rows that are there need a value, and nobody said which.
    #[error(
        "`--online`: rows that are there need a value of `{object}`: add `--backfill '{object}=EXPRESSION'`"
    )]
    Backfill {
        /// `table.column`.
        object: String,
    },
    /// The change is none of those that can be made beside what is there.
    #[error(
        "`--online` cannot {change}, {reason}: make this change without `--online`, or by hand"
    )]
    Change {
        /// The change, in words.
        change: String,
        /// Why.
        reason: String,
    },
}

/// One step on the way, and where it belongs.
struct Piece {
    kind: Kind,
    step: Step,
}

/// Where a step belongs. In the order of changes, but that what takes something away comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Done at once: it shares a migration with its like.
    Quick,
    /// In a migration of its own, of this name.
    Alone(&'static str),
    /// In a migration of its own that runs in no transaction.
    NoTransaction(&'static str),
    /// Takes away what programs used until then.
    Contract,
}

/// The migrations that make these changes, in their order.
///
/// # Errors
///
/// As [`plan`](crate::plan::plan), and [`OnlineError`] where the database cannot.
pub(crate) fn stages(
    difference: &Difference,
    dialect: &Dialect,
    allow_destructive: &[String],
) -> Result<Vec<Stage>, PlanError> {
    refuse_losses(difference, allow_destructive)?;
    match dialect.online {
        Online::No => Err(OnlineError::Database { database: dialect.title }.into()),
        Online::Clauses => clauses::stages(difference, dialect, allow_destructive),
        Online::Steps => {
            let mut pieces = Vec::new();
            for change in &difference.changes {
                pieces.extend(steps::pieces(change, difference, dialect)?);
            }
            let (last, first): (Vec<_>, _) =
                pieces.into_iter().partition(|it| it.kind == Kind::Contract);
            Ok(gathered(first.into_iter().chain(last)))
        }
    }
}

/// Gathers quick steps that follow each other.
fn gathered(pieces: impl IntoIterator<Item = Piece>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for Piece { kind, step } in pieces {
        let (name, transaction, shared) = match kind {
            Kind::Quick => ("expand", true, true),
            Kind::Contract => ("contract", true, true),
            Kind::Alone(name) => (name, true, false),
            Kind::NoTransaction(name) => (name, false, false),
        };
        match stages.last_mut() {
            Some(stage) if shared && stage.name == name => stage.plan.steps.push(step),
            _ => stages.push(Stage { name, transaction, plan: Plan { steps: vec![step] } }),
        }
    }
    stages
}

/// A change as it is made anyway.
fn quick(change: &Change, dialect: &Dialect) -> Result<Step, RenderError> {
    step(change, dialect)
}

/// A step of these statements, without any risk.
fn plain(reason: String, up: Vec<String>, down: Vec<String>) -> Step {
    Step {
        up,
        down,
        reason,
        lines: Vec::new(),
        risks: Vec::new(),
        down_risks: Vec::new(),
        revert_drops: Vec::new(),
        rebuilds: Vec::new(),
    }
}
