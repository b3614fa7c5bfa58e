//! What `#[derive(Feature)]` says of a feature's table: constants, which [`crate::lower`] makes a [`Table`](crate::schema::Table).

mod index;

pub use index::{IndexDef, IndexKeyDef};

use crate::check::Upstream;
use crate::schema::{Action, Deferrable, Identity, SqlType, Storage};
use metaxy_core::{Feature, declaration::DepDecl};

/// A feature with a table: what `#[derive(Feature)]` implements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no feature",
    label = "no feature",
    note = "derive it, `#[derive(metaxy::Feature)]`, or name a feature of another project by its key, `deps(\"other/feature\")`"
)]
pub trait FeatureTable: Feature {
    /// The Diesel table: `video__raw::table`.
    type Table: diesel::Table;

    /// The table's columns and keys.
    const TABLE: TableDef;
    /// The names of the SQL types of [`Feature::COLUMNS`], in the same order.
    const COLUMN_TYPES: &'static [&'static str];
    /// What its samples are made from.
    const INPUTS: &'static [InputDef];
}

/// A dependency, with what is known while compiling of the feature that it is on.
#[derive(Debug, Clone, Copy)]
pub struct InputDef {
    /// The upstream feature; `None`: only its key is known.
    pub upstream: Option<Upstream>,
    /// The dependency.
    pub dep: DepDecl,
}

/// A feature's table, as its struct declares it: the user's columns only.
#[derive(Debug, Clone, Copy)]
pub struct TableDef {
    /// Its schema (namespace); `None`: the connection's default one.
    pub schema: Option<&'static str>,
    /// The user's columns, in the order of the struct.
    pub columns: &'static [ColumnDef],
    /// References to other tables.
    pub foreign_keys: &'static [ForeignKeyDef],
    /// Indexes on several columns, on system columns, or with options.
    pub indexes: &'static [IndexDef],
    /// Whether the database gets the composite primary key; `None`: as the caller of the filter function says.
    pub inject_primary_key: Option<bool>,
    /// Whether the database gets the index on the same columns; `None`: as the caller says.
    pub inject_index: Option<bool>,
    /// The former key of the feature, where it was renamed.
    pub renamed_from: Option<&'static str>,
    /// The comment in the database.
    pub comment: Option<&'static str>,
}

impl TableDef {
    /// A table with the given columns and nothing else.
    pub const fn new(columns: &'static [ColumnDef]) -> Self {
        Self {
            schema: None,
            columns,
            foreign_keys: &[],
            indexes: &[],
            inject_primary_key: None,
            inject_index: None,
            renamed_from: None,
            comment: None,
        }
    }
}

/// A column of a feature's table.
#[derive(Debug, Clone, Copy)]
pub struct ColumnDef {
    /// The SQL name.
    pub name: &'static str,
    /// The SQL type.
    pub sql_type: fn() -> SqlType,
    /// The definition of the enumerated type that it is.
    pub enum_type: fn() -> Option<&'static EnumDef>,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// The length of a text column: `varchar(n)`.
    pub length: Option<u32>,
    /// The default in the database.
    pub default: Option<DefaultDef>,
    /// Whether it has an index of its own.
    pub index: bool,
    /// Whether its values are unique.
    pub unique: bool,
    /// Its former name.
    pub renamed_from: Option<&'static str>,
    /// A condition on its values, as SQL.
    pub check: Option<&'static str>,
    /// What its values are computed from.
    pub generated: Option<GeneratedDef>,
    /// How the database numbers rows in it.
    pub identity: Option<Identity>,
    /// How its texts compare, as the database calls it.
    pub collation: Option<&'static str>,
    /// Its comment in the database.
    pub comment: Option<&'static str>,
}

impl ColumnDef {
    /// A plain column: not nullable, without default, index or constraint.
    pub const fn new(name: &'static str, sql_type: fn() -> SqlType) -> Self {
        Self {
            name,
            sql_type,
            enum_type: || None,
            nullable: false,
            length: None,
            default: None,
            index: false,
            unique: false,
            renamed_from: None,
            check: None,
            generated: None,
            identity: None,
            collation: None,
            comment: None,
        }
    }
}

/// An enumerated type, as its Rust enum declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumDef {
    /// Its schema (namespace); `None`: the connection's default one.
    pub schema: Option<&'static str>,
    /// Its name, without a store's prefix.
    pub name: &'static str,
    /// Its former name, where it was renamed.
    pub renamed_from: Option<&'static str>,
    /// Its values, in their order.
    pub values: &'static [&'static str],
    /// Values that were renamed: new name, former name.
    pub renamed_values: &'static [(&'static str, &'static str)],
}

/// What the values of a column are computed from.
#[derive(Debug, Clone, Copy)]
pub struct GeneratedDef {
    /// The expression, as SQL.
    pub expression: &'static str,
    /// Whether it is kept.
    pub storage: Storage,
}

/// A default in the database.
#[derive(Debug, Clone, Copy)]
pub enum DefaultDef {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(&'static str),
    /// A SQL expression, as written.
    Expression(&'static str),
}

/// A reference of columns to those of another table.
#[derive(Debug, Clone, Copy)]
pub struct ForeignKeyDef {
    /// The columns here.
    pub columns: &'static [&'static str],
    /// The table there.
    pub target: ForeignKeyTarget,
    /// Its columns, as many.
    pub references: &'static [&'static str],
    /// Whether of several columns all are NULL or none.
    pub match_full: bool,
    /// What happens when the row there is deleted.
    pub on_delete: Action,
    /// What happens when the key there is updated.
    pub on_update: Action,
    /// Whether the end of a transaction checks it.
    pub deferrable: Deferrable,
}

impl ForeignKeyDef {
    /// A reference that refuses what would violate it.
    pub const fn new(
        columns: &'static [&'static str],
        target: ForeignKeyTarget,
        references: &'static [&'static str],
    ) -> Self {
        Self {
            columns,
            target,
            references,
            match_full: false,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: Deferrable::No,
        }
    }
}

/// The table that a reference points to.
#[derive(Debug, Clone, Copy)]
pub enum ForeignKeyTarget {
    /// A table of the user's own, by its name in the database.
    Table {
        /// Its schema (namespace); `None`: the connection's default one.
        schema: Option<&'static str>,
        /// Its name.
        name: &'static str,
    },
    /// A feature's table, by the feature's key: the store's prefix and the feature's schema apply.
    Feature(&'static str),
}

/// One linked feature table; the derive submits it.
pub struct TableRegistration {
    /// The feature's key.
    pub key: &'static str,
    /// The table.
    pub table: TableDef,
}

inventory::collect!(TableRegistration);

/// All linked feature tables, sorted by key: the linker's order is unspecified.
pub fn linked_tables() -> std::collections::BTreeMap<&'static str, TableDef> {
    inventory::iter::<TableRegistration>.into_iter().map(|it| (it.key, it.table)).collect()
}
