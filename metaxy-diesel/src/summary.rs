//! [`Line`]: a migration as a person skims it, table by table: `+` what comes, `~` what changes, `-` what goes.

use crate::{
    change::{Change, ChangeKind, Risk},
    dialect::Dialect,
    diff::{DiffError, diff},
    migration::Delta,
    schema::TableName,
};
use serde::Serialize;

/// One change of a migration, in few words.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whether something comes, changes or goes.
    pub sign: Sign,
    /// The table that it is about; `None`: a type, a schema, or what no table stands for.
    pub table: Option<TableName>,
    /// Whether it is about the whole table, and not something in it.
    pub is_table: bool,
    /// What it is, without the table that it is in: ``column `duration` double precision``.
    pub words: String,
    /// What can go wrong with it.
    pub risks: Vec<Risk>,
}

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// It is new.
    Added,
    /// It stays, and is not the same.
    Changed,
    /// It goes.
    Removed,
}

impl Line {
    /// A line for a change.
    pub fn of(change: &Change) -> Self {
        let kind = change.kind();
        let of_table = [ChangeKind::CreateTable, ChangeKind::RenameTable, ChangeKind::DropTable];
        Self {
            sign: Sign::of(kind),
            table: change.table().cloned(),
            is_table: of_table.contains(&kind),
            words: change.brief(),
            risks: change.risks(),
        }
    }

    /// What the files of a migration say that it does. What was written by hand is not among it.
    ///
    /// # Errors
    ///
    /// Where the tables were written by another version of metaxy, and differ in what this one does not write.
    pub fn of_delta(delta: &Delta, dialect: &Dialect) -> Result<Vec<Self>, DiffError> {
        let difference = diff(&delta.before, &delta.after, dialect)?;
        Ok(difference.changes.iter().map(Self::of).collect())
    }
}

impl Sign {
    /// The sign before a line.
    pub const fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }

    const fn of(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::CreateNamespace
            | ChangeKind::CreateEnum
            | ChangeKind::CreateTable
            | ChangeKind::AddColumn
            | ChangeKind::AddGenerated
            | ChangeKind::AddPrimaryKey
            | ChangeKind::AddUnique
            | ChangeKind::CreateIndex
            | ChangeKind::AddCheck
            | ChangeKind::AddForeignKey => Self::Added,
            ChangeKind::RenameTable
            | ChangeKind::RenameColumn
            | ChangeKind::RenameEnum
            | ChangeKind::RenameEnumValue
            | ChangeKind::RenameConstraint
            | ChangeKind::RenameIndex
            | ChangeKind::AlterEnum
            | ChangeKind::StopGenerating
            | ChangeKind::AlterColumn
            | ChangeKind::StartGenerating
            | ChangeKind::AddIdentity
            | ChangeKind::ChangeIdentity
            | ChangeKind::DropIdentity
            | ChangeKind::AlterForeignKey
            | ChangeKind::Distribute
            | ChangeKind::SetComment => Self::Changed,
            ChangeKind::DropForeignKey
            | ChangeKind::DropCheck
            | ChangeKind::DropUnique
            | ChangeKind::DropIndex
            | ChangeKind::DropPrimaryKey
            | ChangeKind::DropGenerated
            | ChangeKind::DropColumn
            | ChangeKind::DropTable
            | ChangeKind::DropEnum
            | ChangeKind::DropNamespace => Self::Removed,
        }
    }
}
