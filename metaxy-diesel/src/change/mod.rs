//! [`Change`]: one difference between two schemas. Each kind has a file: what it is, how it is detected, its reverse,
//! its SQL and its risk.

use crate::{
    ddl::{RenderError, Rendered},
    dialect::Dialect,
    diff::Comparison,
    schema::TableName,
};

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

        impl Change {
            fn kind(&self) -> &dyn Kind {
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
    rename_table::RenameTable,
    rename_column::RenameColumn,
    drop_index::DropIndex,
    drop_primary_key::DropPrimaryKey,
    rename_constraint::RenameConstraint,
    rename_index::RenameIndex,
    create_table::CreateTable,
    add_column::AddColumn,
    add_primary_key::AddPrimaryKey,
    create_index::CreateIndex,
    drop_column::DropColumn,
    drop_table::DropTable,
}

/// What can go wrong when a change meets rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Risk {
    /// The rows, or the values of a column, are gone.
    DataLoss {
        /// The table.
        table: TableName,
        /// The column; `None`: the whole table.
        column: Option<String>,
    },
    /// The database refuses it where the table has rows. Nothing is lost.
    NeedsEmptyTable {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// How to make it work with rows.
        mend: String,
    },
}

impl Risk {
    /// What is at risk: `table` or `table.column`.
    pub fn object(&self) -> String {
        match self {
            Self::DataLoss { table, column: None } => table.to_string(),
            Self::DataLoss { table, column: Some(column) }
            | Self::NeedsEmptyTable { table, column, .. } => format!("{table}.{column}"),
        }
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

    /// What can go wrong with it.
    fn risk(&self, _dialect: &Dialect) -> Option<Risk> {
        None
    }
}

impl Change {
    /// The change that undoes this one.
    pub fn inverse(&self) -> Self {
        self.kind().inverse()
    }

    /// Its statements, each with its `;`.
    ///
    /// # Errors
    ///
    /// Where the database refuses a name, or has no such type.
    pub fn render(&self, dialect: &Dialect) -> Result<Vec<String>, RenderError> {
        self.kind().render(dialect)
    }

    /// The change in words: ``add column `video__raw.duration` ``.
    pub fn reason(&self) -> String {
        self.kind().reason()
    }

    /// What can go wrong with it; `None`: nothing.
    pub fn risk(&self, dialect: &Dialect) -> Option<Risk> {
        self.kind().risk(dialect)
    }
}
