//! What databases make of generated and numbered columns, of collations and comments, and what they demand of them.

mod kept;

pub(crate) use kept::{Fate, KeptColumn, keep, same_but_for_comment};

use crate::{
    diff::Problem,
    schema::{Column, Identity, IndexKey, Numbering, Schema, SqlType, Storage, Table},
    tokens::mentions,
};
use std::{collections::BTreeSet, fmt};

/// What columns a database has, and how it writes them.
#[derive(Debug)]
pub struct ColumnRules {
    /// What it says in place of virtual generated columns; `None`: it has them.
    pub no_virtual: Option<&'static str>,
    /// Whether the values of a generated column can be kept. Where not, they are computed when they are read, also those of
    /// columns that say otherwise.
    pub stored: bool,
    /// Whether a generated column can be `NOT NULL`. Where not, it may always be NULL.
    pub generated_not_null: bool,
    /// Whether a computed column has to follow what it is computed from, where that has an expression for a default. Then new
    /// tables have all computed columns last.
    pub generated_last: bool,
    /// Whether a virtual generated column can be added to a table that is there.
    pub add_virtual: bool,
    /// Whether a stored generated column can be added to a table that is there.
    pub add_stored: bool,
    /// Whether checks and generated columns can read a numbered column.
    pub reads_numbers: bool,
    /// How rows are numbered.
    pub identity: IdentityRules,
    /// The collation as an inspection finds it; `None`: the one of texts that name none.
    pub stored_collation: fn(&str) -> Option<String>,
    /// Where comments are written.
    pub comments: Comments,
}

/// How a database numbers rows.
#[derive(Debug)]
pub struct IdentityRules {
    /// How a numbered column is written: its type, and what follows it. `None`: it has no such column.
    pub definition: fn(Identity, &SqlType) -> Option<(String, String)>,
    /// Whether a `serial` is more than an identity. Where not, it is one.
    pub serial: bool,
    /// The key that a numbered column has to be part of.
    pub key: IdentityKey,
    /// The one type that such a column has; `None`: any integer.
    pub stored_type: Option<SqlType>,
    /// How it begins and ends in a table that is there; `None`: the table is built anew.
    pub statements: Option<IdentityStatements>,
}

/// The key that a numbered column has to be part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKey {
    /// None.
    None,
    /// It is the first column of a key or index, and the only numbered one.
    Leading,
    /// It is all of the primary key, which its own definition says.
    Whole,
}

/// The statements that begin and end the numbering of a column that is there.
#[derive(Debug)]
pub struct IdentityStatements {
    /// Begins it, after the numbers that are there.
    pub add: fn(&Numbered<'_>) -> Vec<String>,
    /// What a new column needs besides its definition.
    pub created: fn(&Numbered<'_>) -> Vec<String>,
    /// Ends it.
    pub drop: fn(&Numbered<'_>) -> Vec<String>,
    /// Goes on in another way, with the next number.
    pub change: fn(&Numbered<'_>, from: Identity) -> Vec<String>,
    /// Follows the column to another type.
    pub retype: fn(&Numbered<'_>) -> Vec<String>,
    /// What keeps it while the key that it needs gives way to another one, and what ends that. Whoever ends it and begins it
    /// anew loses the numbers of rows that are gone.
    pub hold: fn(&Numbered<'_>) -> [Vec<String>; 2],
}

/// A numbered column, as its statements need it: names are quoted.
#[derive(Debug)]
pub struct Numbered<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The quoted name of the table as a text.
    pub table_text: &'a str,
    /// The plain name of the column as a text.
    pub column_text: &'a str,
    /// The sequence that a `serial` gets.
    pub sequence: &'a str,
    /// The type.
    pub sql_type: &'a str,
    /// The whole definition of the column, as it should be.
    pub definition: &'a str,
    /// How it is numbered.
    pub identity: Identity,
}

/// Where comments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comments {
    /// Nowhere: there are none.
    None,
    /// In statements of their own, `COMMENT ON`.
    Statements,
    /// In the definitions of tables and columns, with at most so many characters.
    Inline {
        /// Of a table.
        table: usize,
        /// Of a column.
        column: usize,
    },
}

/// Why a database does not take a column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnRefusal {
    /// It has no virtual generated columns.
    #[error("{0}: make it a stored one, `generated(stored = \"…\")`")]
    Virtual(&'static str),
    /// It does not number rows so.
    #[error("{database} does not number a column of type `{sql_type}` {identity}")]
    Identity {
        /// The database.
        database: &'static str,
        /// The type.
        sql_type: SqlType,
        /// How it was to be numbered.
        identity: Identity,
    },
    /// Its comment is too long.
    #[error("its comment has {characters} characters, and {database} takes {max}: shorten it")]
    Comment {
        /// The database.
        database: &'static str,
        /// What it has.
        characters: usize,
        /// What the database takes.
        max: usize,
    },
}

impl fmt::Display for IdentityKey {
    /// What the column has to be.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::None => "a column",
            Self::Leading => "the first column of a key or ascending index",
            Self::Whole => "the whole primary key",
        })
    }
}

impl ColumnRules {
    /// Columns and comments as an inspection finds them.
    pub(crate) fn fit(&self, table: &mut Table) {
        self.fit_comment(&mut table.comment);
        for column in &mut table.columns {
            self.fit_comment(&mut column.comment);
            column.collation = column.collation.as_deref().and_then(self.stored_collation);
            if self.identity.serial
                && let Some(sql_type) = serial(&column.sql_type)
            {
                (column.sql_type, column.identity) = (sql_type, Some(Identity::SERIAL));
            }
            if let Some(generated) = &mut column.generated {
                generated.expression = generated.expression.trim().to_owned();
                column.nullable |= !self.generated_not_null;
                if !self.stored {
                    generated.storage = Storage::Virtual;
                }
            }
            if let Some(identity) = &mut column.identity {
                if identity.numbering == Numbering::Serial && !self.identity.serial {
                    identity.numbering = Numbering::ByDefault;
                }
                column.nullable = false;
                if let Some(sql_type) = &self.identity.stored_type {
                    column.sql_type = sql_type.clone();
                }
            }
        }
    }

    fn fit_comment(&self, comment: &mut Option<String>) {
        if self.comments == Comments::None || comment.as_deref() == Some("") {
            *comment = None;
        }
    }

    /// The numbered columns of a normal schema that lack the key they need.
    pub(crate) fn problems(&self, schema: &Schema, database: &'static str) -> Vec<Problem> {
        let key = self.identity.key;
        let lacking = schema.tables.values().flat_map(|table| {
            let mut numbered = table.columns.iter().filter(|it| it.identity.is_some());
            let first = numbered.next().filter(|it| !self.has_key(table, it));
            let others = numbered.filter(|_| key != IdentityKey::None);
            first.into_iter().chain(others).map(move |column| Problem::IdentityKey {
                object: format!("{}.{}", table.name, column.name),
                key,
            })
        });
        let tables = schema.tables.values().filter(|_| !self.reads_numbers);
        lacking.chain(tables.flat_map(|it| self.readers(it, database))).collect()
    }

    /// The numbered column of a table, where an expression reads it.
    fn readers(&self, table: &Table, database: &'static str) -> Option<Problem> {
        let numbered = table.columns.iter().find(|it| it.identity.is_some())?;
        let name = BTreeSet::from([numbered.name.as_str()]);
        let reads = |expression: &str| mentions(expression, &name);
        let mut computed = table.columns.iter().filter_map(|it| it.generated.as_ref());
        let what = match table.checks.iter().any(|it| reads(&it.expression)) {
            true => "check of a numbered column",
            false => computed
                .any(|it| reads(&it.expression))
                .then_some("generated column of a numbered one")?,
        };
        let object = format!("{}.{}", table.name, numbered.name);
        let (what, instead) = (what.to_owned(), "leave it out, or number another column");
        Some(Problem::Unsupported { object, database, what, instead })
    }

    fn has_key(&self, table: &Table, column: &Column) -> bool {
        match self.identity.key {
            IdentityKey::None => true,
            IdentityKey::Leading => leading(table).any(|it| it == column.name),
            IdentityKey::Whole => {
                table.primary_key.as_ref().is_some_and(|it| it.columns == [column.name.as_str()])
            }
        }
    }

    /// Whether the column's definition says all of the table's primary key.
    pub(crate) fn says_key(&self, table: &Table) -> bool {
        self.identity.key == IdentityKey::Whole
            && table.columns.iter().any(|it| it.identity.is_some())
    }

    /// What the database says in place of such a generated column; `None`: it has it.
    pub(crate) fn refuses(&self, storage: Storage) -> Option<ColumnRefusal> {
        let words = self.no_virtual.filter(|_| storage == Storage::Virtual);
        words.map(ColumnRefusal::Virtual)
    }
}

/// The columns that keys and ascending indexes begin with.
pub(crate) fn leading(table: &Table) -> impl Iterator<Item = &str> {
    let key = table.primary_key.as_ref().and_then(|it| it.columns.first());
    let uniques = table.uniques.iter().filter_map(|it| it.columns.first());
    let first = table.indexes.iter().filter_map(|it| it.keys.first());
    let indexes = first.filter(|it| !it.descending).filter_map(IndexKey::column);
    key.into_iter().chain(uniques).map(String::as_str).chain(indexes)
}

/// The type of the column that a `serial` makes.
fn serial(sql_type: &SqlType) -> Option<SqlType> {
    let SqlType::Other(name) = sql_type else { return None };
    Some(match name.to_ascii_lowercase().as_str() {
        "smallserial" | "serial2" => SqlType::SmallInt,
        "serial" | "serial4" => SqlType::Integer,
        "bigserial" | "serial8" => SqlType::BigInt,
        _ => return None,
    })
}
