//! [`Dialect`]: all that differs between databases, as data.

use crate::{
    columns::ColumnRules,
    enums,
    hash::short_hash,
    keys::{KeyLimits, index_foreign_keys, order_foreign_keys},
    naming::{self, Named},
    offline::Offline,
    rows::RowsDialect,
    schema::{
        Action, DefaultValue, Deferrable, EnumType, Moment, Schema, SqlType, Table, TableName,
        Unique,
    },
    support::{ConstraintSupport, IndexSupport},
};
use std::collections::BTreeMap;

/// How one database writes what schemas say, and what it can do.
///
/// Each database fills in every field: a new field makes the compiler list the dialects that have to decide.
#[derive(Debug)]
pub struct Dialect {
    /// Its name in configuration files and on the command line.
    pub name: &'static str,
    /// Other names that are understood for it.
    pub other_names: &'static [&'static str],
    /// Its name for people.
    pub title: &'static str,
    /// What encloses an identifier; doubled within one.
    pub identifier_quote: char,
    /// The longest identifier in bytes. Longer ones are refused, since databases cut them in silence.
    pub max_identifier_bytes: Option<usize>,
    /// Whether a backslash in a text literal escapes what follows it.
    pub backslash_escapes: bool,
    /// The statements of a script, with their positions in bytes.
    pub statements: fn(&str) -> Vec<(usize, &str)>,
    /// How tables are changed while others read and write them.
    pub online: Online,
    /// How a script for a client of the database is written.
    pub offline: Offline,
    /// How it keeps schemas (namespaces), which the name of a table may be qualified with; `None`: it has none.
    pub namespaces: Option<Namespaces>,
    /// How it spreads the rows of tables over the nodes of a cluster; `None`: it has none.
    pub distribution: Option<Distribution>,
    /// How a type is written.
    pub type_name: fn(&SqlType) -> Result<String, UnsupportedType>,
    /// Whether a column of this type takes a literal for its default as it is. Where not, it stands in parentheses.
    pub literal_default: fn(&SqlType) -> bool,
    /// What keys and indexes take; `None`: columns of any type and size.
    pub key_limits: Option<KeyLimits>,
    /// The type that an inspection finds where this one was written.
    pub stored_type: fn(&SqlType) -> SqlType,
    /// Reads a type as the database shows it (`character varying(20)`).
    pub parse_type: fn(&str) -> SqlType,
    /// The type as the `table!` macro of Diesel names it for this database, without `Nullable`.
    pub diesel_type: fn(&SqlType) -> Result<String, UnsupportedType>,
    /// Whether Diesel's CLI finds the length of a text column.
    pub diesel_max_length: bool,
    /// Whether a failed migration leaves nothing behind: DDL takes part in transactions.
    pub transactional_ddl: bool,
    /// By what an error says of a statement that it was done already.
    pub done_already: DoneAlready,
    /// What follows the columns of a new table.
    pub table_options: &'static str,
    /// Whether constraints keep their names. Where not, none is written, and names are no difference.
    pub constraint_names: bool,
    /// Whether primary keys keep their names.
    pub primary_key_names: bool,
    /// Whether the columns of a primary key are never NULL, whatever they say.
    pub primary_keys_forbid_null: bool,
    /// Whether a constraint can be renamed in place. Where not, it is dropped and added.
    pub rename_constraint: bool,
    /// Whether a unique constraint is more than a unique index. Where not, it is one.
    pub unique_constraints: bool,
    /// Whether `RESTRICT` and `NO ACTION` are one.
    pub restrict_is_no_action: bool,
    /// Whether a foreign key has to have an index on its columns, and one there with the columns in the same order. Where
    /// no other is here, it has one of its own name.
    pub foreign_key_indexes: bool,
    /// Whether a foreign key has to name its columns in the order of the key that it refers to.
    pub foreign_key_order: bool,
    /// Whether a foreign key may refer to a table that is created later.
    pub forward_references: bool,
    /// Whether the primary key of an existing table can be added and dropped in place.
    pub alter_primary_key: bool,
    /// Whether the name of an index is its table's own: it is written in `CREATE TABLE`, and dropped `ON` its table.
    pub table_owns_indexes: bool,
    /// Whether unique constraints, checks and foreign keys of an existing table can be added and dropped in place.
    pub alter_constraints: bool,
    /// Whether checks and the conditions of indexes keep the casts of the types that columns had when they were written.
    /// Then they are written anew where a column gets another type.
    pub expressions_keep_types: bool,
    /// Whether tables and columns can be renamed in place, whatever indexes and foreign keys there are.
    pub rename: bool,
    /// Whether a column that is renamed has its new name in checks, computed columns and keys of indexes too. Where not, these
    /// are written anew with it.
    pub rename_in_expressions: bool,
    /// Whether a column can be dropped in place, whatever other columns are indexed.
    pub drop_column: bool,
    /// How the type, nullability and default of a column that is there are changed.
    pub alter_column: AlterColumn,
    /// What columns it has, and how it writes them.
    pub columns: ColumnRules,
    /// An expression of one type as another: what the rows that are there are converted by.
    pub cast: fn(expression: &str, from: &SqlType, to: &SqlType) -> String,
    /// How enumerated types are kept.
    pub enums: Enums,
    /// How a table is built anew where it cannot be changed in place.
    pub rebuild: Rebuild,
    /// What indexes can be.
    pub indexes: IndexSupport,
    /// What unique constraints and foreign keys can be.
    pub constraints: ConstraintSupport,
    /// Whether an index can be renamed in place. Where not, it is dropped and created.
    pub rename_index: bool,
    /// Whether a column that is not NULL can be added in place, where it has a default.
    pub add_required_column: bool,
    /// Whether a column can be added in place to a table with rows where it has this default.
    pub add_column_with_default: fn(&DefaultValue) -> bool,
    /// A statement that fails with this message: what `down.sql` says where nothing can be reversed.
    pub fail: fn(&str) -> String,
    /// What rows are resolved with.
    pub rows: RowsDialect,
}

/// How a database keeps schemas (namespaces). Names are given quoted.
#[derive(Debug)]
pub struct Namespaces {
    /// Creates one where it is not there yet, and marks it as made so.
    pub create: fn(name: &str) -> String,
    /// Drops one that was made so, unless something is in it.
    pub drop: fn(name: &str) -> String,
    /// Moves what `ALTER TABLE "name"` stands for into one; `None`: the connection's default one.
    pub take_in: fn(alter: &str, name: Option<&str>) -> String,
}

/// How a database spreads the rows of tables over the nodes of a cluster. Names are given as literals: of tables the quoted
/// name, of columns the plain one.
#[derive(Debug)]
pub struct Distribution {
    /// Spreads the rows by a column, those of the same value on the node where another table has them.
    pub spread: fn(table: &str, column: &str, beside: Option<&str>) -> String,
    /// Spreads the rows by another column.
    pub change: fn(table: &str, column: &str, beside: Option<&str>) -> String,
    /// Puts all rows in one place again.
    pub gather: fn(table: &str) -> String,
}

/// By what an error says of a statement that it was done already: by one of these numbers, where the database tells them, or by
/// one of these parts of its message.
#[derive(Debug, Clone, Copy)]
pub struct DoneAlready {
    /// The numbers of errors.
    pub numbers: &'static [i64],
    /// Parts of messages.
    pub words: &'static [&'static str],
}

/// How a database changes a column that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlterColumn {
    /// By clauses of `ALTER COLUMN`, one for each of type, nullability and default.
    Clauses,
    /// By `MODIFY COLUMN` with the whole definition.
    Definition,
    /// Not at all: the table is built anew.
    Rebuild,
}

/// How a database changes a table while others read and write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Online {
    /// Not at all: one writes at a time, and whoever reads waits or reads what was.
    No,
    /// In steps of which none holds a lock for long: `CONCURRENTLY`, `NOT VALID`.
    Steps,
    /// Where the statement says so, and is refused where it cannot: `ALGORITHM=INPLACE, LOCK=NONE`.
    Clauses,
}

/// How a database keeps enumerated types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enums {
    /// As types with a name, which columns share: `CREATE TYPE … AS ENUM`.
    Named,
    /// In the type of each column: `ENUM('a', 'b')`.
    Inline,
    /// As texts that a check holds to the values.
    Checked,
}

/// How a table is built anew where it cannot be changed in place.
#[derive(Debug)]
pub enum Rebuild {
    /// Never: all of it can be changed in place.
    Never,
    /// It is created under another name, filled, and put in the place of the old one.
    Renamed(Renamed),
    /// Its rows are copied, it is dropped, created again and filled; and so are the tables that refer to it, since they stand
    /// in the way.
    Copied {
        /// Statements that fail where the table has what building it anew would lose, or what cannot be copied.
        guard: fn(&Table) -> Vec<String>,
    },
}

/// How a table is created under another name, filled, and put in the place of the old one.
#[derive(Debug)]
pub struct Renamed {
    /// A statement that fails where the table has what building it anew would lose.
    pub guard: fn(&Table) -> String,
    /// What the rows are ordered by when they are copied.
    pub row_order: &'static str,
    /// Has a table go on with the numbers of another, by their names.
    pub keep_numbers: fn(from: &str, to: &str) -> String,
    /// What stands before the new table is renamed.
    pub before_rename: &'static str,
    /// What stands after it.
    pub after_rename: &'static str,
}

/// A type that a database lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{database} has no type for `{sql_type}`: use {instead}")]
pub struct UnsupportedType {
    /// The database.
    pub database: &'static str,
    /// The type.
    pub sql_type: SqlType,
    /// What to use in its place.
    pub instead: &'static str,
}

/// What to do where there are no namespaces.
pub(crate) const NO_NAMESPACES: &str =
    "leave `schema` out, and give the store a database of its own";

/// Why an identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// It is empty.
    #[error("an identifier is empty")]
    Empty,
    /// It holds a NUL, which no database takes.
    #[error("identifier {0:?} holds a NUL character")]
    Nul(String),
    /// It is longer than the database keeps.
    #[error(
        "identifier `{name}` has {} bytes, and {database} keeps {max}: choose a shorter name", name.len()
    )]
    TooLong {
        /// The identifier.
        name: String,
        /// The database.
        database: &'static str,
        /// The most bytes it keeps.
        max: usize,
    },
    /// It is qualified with a namespace, which the database does not have.
    #[error("`{name}` names a schema, and {database} has none: {NO_NAMESPACES}")]
    Namespace {
        /// The table or type, or the namespace alone.
        name: String,
        /// The database.
        database: &'static str,
    },
}

impl Dialect {
    /// An identifier as SQL has it, always quoted.
    ///
    /// ```
    /// use metaxy_diesel::backend::Backend;
    ///
    /// let dialect = Backend::Postgres.dialect();
    /// assert_eq!(dialect.quote_identifier("order")?, r#""order""#);
    /// assert_eq!(dialect.quote_identifier(r#"a"b"#)?, r#""a""b""#);
    /// assert!(dialect.quote_identifier(&"x".repeat(64)).is_err());
    /// # Ok::<(), metaxy_diesel::dialect::IdentifierError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IdentifierError`] for an empty name, one with a NUL, and one that is longer than the database keeps.
    pub fn quote_identifier(&self, name: &str) -> Result<String, IdentifierError> {
        if name.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if name.contains('\0') {
            return Err(IdentifierError::Nul(name.to_owned()));
        }
        if let Some(max) = self.max_identifier_bytes
            && name.len() > max
        {
            let (name, database) = (name.to_owned(), self.title);
            return Err(IdentifierError::TooLong { name, database, max });
        }
        let quote = self.identifier_quote;
        let mut quoted = String::with_capacity(name.len() + 2);
        quoted.push(quote);
        for (at, part) in name.split(quote).enumerate() {
            quoted.extend((at > 0).then_some([quote, quote]).into_iter().flatten());
            quoted.push_str(part);
        }
        quoted.push(quote);
        Ok(quoted)
    }

    /// The name of a table as SQL has it, qualified where it names its namespace.
    ///
    /// # Errors
    ///
    /// As [`Self::quote_identifier`], and where the database has no namespaces but the name has one.
    pub fn quote_table(&self, table: &TableName) -> Result<String, IdentifierError> {
        let name = self.quote_identifier(&table.name)?;
        match &table.schema {
            None => Ok(name),
            Some(schema) if self.namespaces.is_some() => {
                Ok(format!("{}.{name}", self.quote_identifier(schema)?))
            }
            Some(_) => {
                let (name, database) = (table.to_string(), self.title);
                Err(IdentifierError::Namespace { name, database })
            }
        }
    }

    /// Columns as SQL has them: quoted, in parentheses.
    ///
    /// # Errors
    ///
    /// As [`Self::quote_identifier`].
    pub fn quote_columns(&self, columns: &[String]) -> Result<String, IdentifierError> {
        let quoted: Result<Vec<_>, _> =
            columns.iter().map(|column| self.quote_identifier(column)).collect();
        Ok(format!("({})", quoted?.join(", ")))
    }
}

/// # The normal form of schemas
impl Dialect {
    /// The schema as an inspection of a database that has it shows it: types that are one here are written as one,
    /// and what no database keeps is left out.
    pub fn normalise(&self, schema: &Schema) -> Schema {
        self.normal(schema.clone())
    }

    /// As [`Self::normalise`], of a schema that nobody needs as it was.
    pub(crate) fn normal(&self, mut schema: Schema) -> Schema {
        if self.foreign_key_order {
            order_foreign_keys(&mut schema);
        }
        let Schema { tables, enums } = &mut schema;
        for table in tables.values_mut() {
            enums::write_out(table, enums, self.enums);
            self.normalise_table(table);
        }
        enums.retain(|_, _| self.enums == Enums::Named);
        for of in enums.values_mut() {
            *of = EnumType::new(of.name.clone(), std::mem::take(&mut of.values));
        }
        schema
    }

    fn normalise_table(&self, table: &mut Table) {
        table.renamed_from = None;
        self.columns.fit(table);
        for column in &mut table.columns {
            column.sql_type = (self.stored_type)(&column.sql_type);
            column.renamed_from = None;
        }
        if !self.constraint_names {
            self.name_by_convention(table);
        }
        if let Some(key) = &mut table.primary_key
            && !self.primary_key_names
        {
            key.name = None;
        }
        if let Some(key) = &table.primary_key
            && self.primary_keys_forbid_null
        {
            let own = table.columns.iter_mut().filter(|it| key.columns.contains(&it.name));
            own.for_each(|it| it.nullable = false);
        }
        merge_uniques(table);
        if !self.unique_constraints {
            // One that no index can be is refused when it is written.
            let is_index = |it: &mut Unique| it.deferrable == Deferrable::No;
            let indexes = table.uniques.extract_if(.., is_index).map(Unique::into_index);
            table.indexes.extend(indexes);
        }
        for index in &mut table.indexes {
            self.indexes.normalise(index);
        }
        if self.restrict_is_no_action {
            for key in &mut table.foreign_keys {
                for action in [&mut key.on_delete, &mut key.on_update] {
                    if *action == Action::Restrict {
                        *action = Action::NoAction;
                    }
                }
            }
        }
        if self.foreign_key_indexes {
            index_foreign_keys(table);
        }
        if let Some(limits) = &self.key_limits {
            limits.fit(table);
        }
        table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }

    fn name_by_convention(&self, table: &mut Table) {
        let limit = self.max_identifier_bytes;
        let name = |kind, columns: &[String]| {
            let columns: Vec<_> = columns.iter().map(String::as_str).collect();
            naming::name(kind, &table.name.name, &columns, limit)
        };
        for unique in &mut table.uniques {
            unique.name = name(Named::Unique, &unique.columns);
        }
        let mut keys_on: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for key in &table.foreign_keys {
            *keys_on.entry(key.columns.clone()).or_default() += 1;
        }
        for key in &mut table.foreign_keys {
            let mut parts = key.columns.clone();
            if keys_on[&key.columns] > 1 {
                parts.push(key.references.name.clone());
                parts.extend(key.referenced_columns.clone());
            }
            key.name = name(Named::ForeignKey, &parts);
        }
        for check in &mut table.checks {
            // A check names no columns: its text tells it apart.
            check.name = naming::name(
                Named::Check,
                &table.name.name,
                &[&short_hash(&check.expression)],
                limit,
            );
        }
    }

    /// A text as a SQL literal. For DDL only, which takes no bound values.
    pub(crate) fn quote_text(&self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self.backslash_escapes {
            true => format!("'{}'", text.replace('\\', r"\\")),
            false => format!("'{text}'"),
        }
    }
}

/// Leaves out unique constraints that say what the primary key says, or another one: databases make one of them.
fn merge_uniques(table: &mut Table) {
    let primary = table.primary_key.iter().map(|it| Unique::new("", it.columns.clone()));
    let mut seen: Vec<Unique> = primary.collect();
    table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
    table.uniques.retain(|unique| {
        let nameless = Unique { name: String::new(), ..unique.clone() };
        let is_new = !seen.contains(&nameless);
        seen.push(nameless);
        is_new
    });
}

/// Splits a type as databases show it: `("character varying", ["20"])` of `Character Varying (20)`.
pub(crate) fn split_type(text: &str) -> (String, Vec<i32>) {
    let parts = text.split_once('(').and_then(|(name, rest)| Some((name, rest.split_once(')')?)));
    let Some((name, (arguments, rest))) = parts else {
        return (words(&[text]), Vec::new());
    };
    let arguments = arguments.split(',').map_while(|it| it.trim().parse().ok()).collect();
    (words(&[name, rest]), arguments)
}

/// The type of times with so many decimals, of which the database keeps `most`.
pub(crate) fn precise(moment: Moment, digits: i32, most: u32) -> SqlType {
    match digits.unsigned_abs() {
        digits if digits < most => SqlType::Precise(moment, digits),
        _ => match moment {
            Moment::Time => SqlType::Time,
            Moment::Timestamp => SqlType::Timestamp,
            Moment::Timestamptz => SqlType::Timestamptz,
        },
    }
}

/// The decimal type with these arguments; `scale` is that of `numeric(p)`.
pub(crate) fn numeric(arguments: &[i32], scale: Option<i32>) -> SqlType {
    match *arguments {
        [] => SqlType::Numeric { precision: None, scale: None },
        [precision, ref rest @ ..] => SqlType::Numeric {
            precision: Some(precision.unsigned_abs()),
            scale: rest.first().copied().or(scale),
        },
    }
}

/// The words of these texts, in lowercase, with one blank between them.
fn words(texts: &[&str]) -> String {
    let mut words = String::new();
    for word in texts.iter().flat_map(|it| it.split_whitespace()) {
        words.extend((!words.is_empty()).then_some(' '));
        words.push_str(word);
    }
    match words.is_ascii() {
        true => words.make_ascii_lowercase(),
        false => words = words.to_lowercase(),
    }
    words
}
