//! [`Change`]: one difference between two schemas. Each kind has a file: what it is, how it is detected, its reverse,
//! its SQL and its risk.

use crate::{
    ddl::{RenderError, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::{SqlType, TableName},
};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! changes {
    ($($module:ident::$kind:ident,)+) => {
        $(
            mod $module;
            pub use $module::$kind;
        )+

        /// One difference between two schemas.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at the type that it holds")]
        pub enum Change {
            $($kind($kind),)+
        }

        /// What kind of difference a [`Change`] is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is documented at the type of its name")]
        pub enum ChangeKind {
            $($kind,)+
        }

        impl ChangeKind {
            /// All kinds, in the order in which changes are made.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];
        }

        impl Change {
            /// What kind of difference it is.
            pub fn kind(&self) -> ChangeKind {
                match self {
                    $(Self::$kind(_) => ChangeKind::$kind,)+
                }
            }

            fn as_kind(&self) -> &dyn Kind {
                match self {
                    $(Self::$kind(change) => change,)+
                }
            }
        }

        /// All changes, kind after kind: the order in which they can be made.
        pub(crate) fn detect(comparison: &Comparison<'_>) -> Vec<Change> {
            let mut changes = Vec::new();
            $(changes.extend($kind::detect(comparison).into_iter().map(Change::$kind));)+
            changes
        }
    };
}

// In the order in which changes are made: names first, then what stands in the way of others, then what is new,
// and what goes away last. The reverse is made in the reverse order.
changes! {
    create_namespace::CreateNamespace,
    rename_table::RenameTable,
    rename_column::RenameColumn,
    rename_enum::RenameEnum,
    drop_foreign_key::DropForeignKey,
    drop_check::DropCheck,
    drop_identity::DropIdentity,
    drop_unique::DropUnique,
    drop_index::DropIndex,
    drop_primary_key::DropPrimaryKey,
    drop_generated::DropGenerated,
    rename_enum_value::RenameEnumValue,
    rename_constraint::RenameConstraint,
    rename_index::RenameIndex,
    create_enum::CreateEnum,
    alter_enum::AlterEnum,
    create_table::CreateTable,
    add_column::AddColumn,
    stop_generating::StopGenerating,
    alter_column::AlterColumn,
    start_generating::StartGenerating,
    add_generated::AddGenerated,
    distribute::Distribute,
    add_primary_key::AddPrimaryKey,
    add_unique::AddUnique,
    create_index::CreateIndex,
    add_identity::AddIdentity,
    change_identity::ChangeIdentity,
    add_check::AddCheck,
    add_foreign_key::AddForeignKey,
    alter_foreign_key::AlterForeignKey,
    set_comment::SetComment,
    drop_column::DropColumn,
    drop_table::DropTable,
    drop_enum::DropEnum,
    drop_namespace::DropNamespace,
}

pub use alter_enum::EnumUser;
pub use distribute::Spread;
pub use rename_column::Expressions;

/// What can go wrong when a change meets rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Risk {
    /// The rows, or the values of a column, are gone.
    DataLoss {
        /// The table.
        table: TableName,
        /// The column; `None`: the whole table.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
    },
    /// Values that do not fit a column's new type are changed, or refused.
    Narrows {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// The new type.
        to: SqlType,
    },
    /// Rows that are there need a value, and nobody said which.
    NeedsBackfill {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// The database refuses it where a value is NULL.
    NeedsNoNulls {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// The database refuses it where rows violate a constraint.
    NeedsValidRows {
        /// The table.
        table: TableName,
        /// The constraint, in words: `unique (path)`.
        constraint: String,
    },
}

impl Risk {
    /// What is at risk: `table` or `table.column`.
    pub fn object(&self) -> String {
        match self {
            Self::DataLoss { table, column: None } | Self::NeedsValidRows { table, .. } => {
                table.to_string()
            }
            Self::DataLoss { table, column: Some(column) }
            | Self::Narrows { table, column, .. }
            | Self::NeedsBackfill { table, column }
            | Self::NeedsNoNulls { table, column } => format!("{table}.{column}"),
        }
    }

    /// The table and the column that are at risk.
    pub(crate) fn place_mut(&mut self) -> (&mut TableName, Option<&mut String>) {
        match self {
            Self::DataLoss { table, column } => (table, column.as_mut()),
            Self::NeedsValidRows { table, .. } => (table, None),
            Self::Narrows { table, column, .. }
            | Self::NeedsBackfill { table, column }
            | Self::NeedsNoNulls { table, column } => (table, Some(column)),
        }
    }

    /// Whether data is lost, rather than the change refused.
    pub fn is_loss(&self) -> bool {
        matches!(self, Self::DataLoss { .. } | Self::Narrows { .. })
    }
}

impl fmt::Display for Risk {
    /// A sentence, on one line whatever names hold.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = self.object();
        let words = match self {
            Self::DataLoss { column: None, .. } => format!("Drops all rows of {object}."),
            Self::DataLoss { .. } => format!("Drops all values of {object}."),
            Self::Narrows { .. } => {
                format!("Values of {object} that do not fit are changed or refused.")
            }
            Self::NeedsBackfill { .. } => format!(
                "Rows that are there need a value of {object}: write it in place of NULL, then run `metaxy migration repair`."
            ),
            Self::NeedsNoNulls { .. } => {
                format!("Refused where {object} is NULL: a backfill gives such rows a value.")
            }
            Self::NeedsValidRows { constraint, .. } => {
                format!("Refused where rows of {object} violate {constraint}.")
            }
        };
        out.write_str(&words.replace(['\n', '\r'], " "))
    }
}

/// What every kind of change knows of itself.
trait Kind {
    /// The change that undoes this one.
    fn inverse(&self) -> Change;

    /// Its statements.
    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>>;

    /// The change in words.
    fn reason(&self) -> String;

    /// What comes, changes or goes, without the table that it is in.
    fn brief(&self) -> String {
        self.reason()
    }

    /// What can go wrong with it.
    fn risks(&self) -> Vec<Risk> {
        Vec::new()
    }

    /// The table that it is about, by its new name.
    fn table(&self) -> Option<&TableName> {
        self.alters()
    }

    /// The table that stays and that it changes the columns, keys or indexes of: building that anew makes the change too.
    fn alters(&self) -> Option<&TableName> {
        None
    }

    /// Whether the database can make the change in a table that has rows, without building it anew.
    fn in_place(&self, _dialect: &Dialect) -> bool {
        true
    }
}

impl Change {
    /// The change that undoes this one.
    pub fn inverse(&self) -> Self {
        self.as_kind().inverse()
    }

    /// Its statements, each with its `;`.
    ///
    /// # Errors
    ///
    /// Where the database refuses a name, or has no such type.
    pub fn render(&self, dialect: &Dialect) -> Result<Vec<String>, RenderError> {
        self.as_kind().render(dialect)
    }

    /// The change in words: ``add column `video__raw.duration` ``.
    pub fn reason(&self) -> String {
        self.as_kind().reason()
    }

    /// What comes, changes or goes, without the table that it is in: ``column `duration` double precision``.
    pub fn brief(&self) -> String {
        self.as_kind().brief()
    }

    /// What can go wrong with it.
    pub fn risks(&self) -> Vec<Risk> {
        self.as_kind().risks()
    }

    /// The table that it is about, by its new name.
    pub fn table(&self) -> Option<&TableName> {
        self.as_kind().table()
    }

    /// The table that stays and that it changes the columns, keys or indexes of.
    pub(crate) fn alters(&self) -> Option<&TableName> {
        self.as_kind().alters()
    }

    /// Whether the database can make the change without building the table anew.
    pub(crate) fn in_place(&self, dialect: &Dialect) -> bool {
        self.as_kind().in_place(dialect)
    }
}
