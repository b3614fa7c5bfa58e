//! [`lower`]: from what features declare to the tables of a database.

mod enums;
mod index;

use self::enums::add_enums;
use crate::{
    dialect::Dialect,
    distribution::{NotDistributed, distribute},
    naming::{self, Named},
    schema::{
        Check, Column, DefaultValue, ForeignKey, Generated, Index, PrimaryKey, Schema, SqlType,
        Table, TableName,
    },
    system::system_columns,
    table::{ColumnDef, DefaultDef, ForeignKeyTarget, TableDef},
};
use metaxy_core::{FeatureKey, KeyError, config::DistributedBy};
use std::collections::{BTreeMap, BTreeSet};

/// A feature whose table is wanted.
#[derive(Debug, Clone, Copy)]
pub struct FeatureInput<'a> {
    /// The feature's key.
    pub key: &'a FeatureKey,
    /// The columns that identify a sample.
    pub id_columns: &'a [String],
    /// The table, as the struct declares it.
    pub table: TableDef,
}

/// How tables are made of features.
#[derive(Debug, Clone, Copy)]
pub struct LowerOptions<'a> {
    /// What stands before every table's name.
    pub table_prefix: &'a str,
    /// Whether tables that do not say get the composite primary key.
    pub inject_primary_key: bool,
    /// Whether tables that do not say get the index on the same columns.
    pub inject_index: bool,
    /// The database: its limits on names.
    pub dialect: &'a Dialect,
    /// What rows are spread over the nodes of a cluster by; `None`: they are all in one place.
    pub distributed_by: Option<&'a DistributedBy>,
    /// The tables of features that are known besides, by key: what references to them need.
    pub others: &'a BTreeMap<&'a str, TableDef>,
}

/// Why there is no table for a feature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// Two features have one table.
    #[error("features `{first}` and `{second}` both have the table `{table}`: rename one of them")]
    SameTable {
        /// The table.
        table: String,
        /// The one.
        first: FeatureKey,
        /// The other.
        second: FeatureKey,
    },
    /// Two indexes are given one name.
    #[error(
        "two indexes have the name `{name}`, which is one for all tables of a store: name one otherwise"
    )]
    SameIndex {
        /// The name.
        name: String,
    },
    /// A key or index names a column that the table does not have.
    #[error("table `{table}` has no column `{column}`, which {what} needs")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What needs it.
        what: String,
    },
    /// A column of the primary key may be NULL.
    #[error(
        "`{table}.{column}` is in the primary key, and cannot be nullable: make it no `Option`"
    )]
    NullableKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A foreign key refers to columns whose values can repeat: SQLite refuses every row then, PostgreSQL the table.
    #[error(
        "`{table}.{column}` refers to `{target}.{target_column}`, which is not unique: refer to a column that is, \
         or make it so"
    )]
    NotUnique {
        /// The table.
        table: String,
        /// Its column.
        column: String,
        /// The table that it refers to.
        target: String,
        /// The column there.
        target_column: String,
    },
    /// Two enums have one name in the database, and are not the same.
    #[error(
        "two enums are the type `{name}`, and differ: give one of them `#[metaxy(name = \"…\")]`"
    )]
    SameEnum {
        /// The type.
        name: String,
    },
    /// A default is no value of the column's enumerated type.
    #[error("the default of `{object}`, `{value}`, is none of `{values}`")]
    NoValue {
        /// `table.column`.
        object: String,
        /// The default.
        value: String,
        /// The values that there are.
        values: String,
    },
    /// Rows cannot be spread as the store says.
    #[error(transparent)]
    NotDistributed(#[from] NotDistributed),
    /// A renamed feature or a reference names no feature key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The tables of features: the user's columns, then the system's, with their keys and indexes.
///
/// # Errors
///
/// [`LowerError`] where two features have one table, or a key or reference cannot be.
pub fn lower<'a>(
    features: impl IntoIterator<Item = FeatureInput<'a>>,
    options: &LowerOptions<'_>,
) -> Result<Schema, LowerError> {
    let features: Vec<_> = features.into_iter().collect();
    check_tables(features.iter().map(|feature| feature.key))?;
    let own = features.iter().map(|it| (it.key.as_str(), &it.table));
    let known = options.others.iter().map(|(key, table)| (*key, table)).chain(own);
    let names = Names {
        prefix: options.table_prefix,
        schemas: known.filter_map(|(key, table)| Some((key, table.schema?))).collect(),
    };
    let tables: Result<Vec<_>, _> = features.iter().map(|it| table(it, &names, options)).collect();
    let mut schema: Schema = tables?.into_iter().collect();
    add_enums(&mut schema, &features, options.table_prefix)?;
    check_references(&schema)?;
    let named = index::named(features.iter().map(|it| &it.table), options)?;
    let taken = schema.tables.keys().map(|it| it.name.clone()).collect();
    let limit = options.dialect.max_identifier_bytes;
    index::make_names_unique(schema.tables.values_mut(), taken, &named, limit);
    for table in schema.tables.values_mut() {
        table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
        table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        table.checks.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(schema)
}

/// Refuses features that have one table: `a-b` and `a_b`.
pub(crate) fn check_tables<'a>(
    keys: impl IntoIterator<Item = &'a FeatureKey>,
) -> Result<(), LowerError> {
    let mut owners: BTreeMap<String, &FeatureKey> = BTreeMap::new();
    for key in keys {
        let table = key.table_name();
        if let Some(first) = owners.insert(table.clone(), key) {
            let (first, second) = (first.clone(), key.clone());
            return Err(LowerError::SameTable { table, first, second });
        }
    }
    Ok(())
}

/// The columns of the composite key: feature version, id columns, time of update.
pub(crate) fn key_columns(id_columns: &[String]) -> Vec<String> {
    let (first, last) = (["metaxy_feature_version".to_owned()], ["metaxy_updated_at".to_owned()]);
    first.into_iter().chain(id_columns.iter().cloned()).chain(last).collect()
}

/// Gives a table the composite primary key.
pub(crate) fn inject_primary_key(
    table: &mut Table,
    id_columns: &[String],
    limit: Option<usize>,
) -> Result<(), LowerError> {
    let columns = key_columns(id_columns);
    for column in &columns {
        let found = find_column(table, column, "the primary key")?;
        if found.nullable {
            let (table, column) = (table.name.to_string(), column.clone());
            return Err(LowerError::NullableKey { table, column });
        }
    }
    let name = naming::name(Named::PrimaryKey, &table.name.name, &[], limit);
    table.primary_key = Some(PrimaryKey { name: Some(name), columns });
    Ok(())
}

/// Gives a table the index on the columns of the composite key.
pub(crate) fn inject_index(
    table: &mut Table,
    id_columns: &[String],
    limit: Option<usize>,
) -> Result<(), LowerError> {
    let columns = key_columns(id_columns);
    for column in &columns {
        find_column(table, column, "the injected index")?;
    }
    // All its columns would not fit into a name.
    let name = naming::name(Named::Index, &table.name.name, &["metaxy"], limit);
    table.indexes.push(Index::new(name, columns, false));
    Ok(())
}

fn find_column<'a>(table: &'a Table, column: &str, what: &str) -> Result<&'a Column, LowerError> {
    table.columns.iter().find(|it| it.name == column).ok_or_else(|| LowerError::NoColumn {
        table: table.name.to_string(),
        column: column.to_owned(),
        what: what.to_owned(),
    })
}

/// The names of the tables of features.
struct Names<'a> {
    prefix: &'a str,
    /// The schemas of those that name one, by key.
    schemas: BTreeMap<&'a str, &'static str>,
}

impl Names<'_> {
    fn of(&self, key: &FeatureKey) -> TableName {
        self.within(self.schemas.get(key.as_str()).copied(), key)
    }

    fn within(&self, schema: Option<&str>, key: &FeatureKey) -> TableName {
        let name = format!("{}{}", self.prefix, key.table_name());
        TableName { schema: schema.map(str::to_owned), name }
    }
}

fn table(
    feature: &FeatureInput<'_>,
    names: &Names<'_>,
    options: &LowerOptions<'_>,
) -> Result<Table, LowerError> {
    let limit = options.dialect.max_identifier_bytes;
    let definition = &feature.table;
    let former = definition.renamed_from.map(FeatureKey::new).transpose()?;
    let name = names.within(definition.schema, feature.key);
    let mut table = Table {
        renamed_from: former.as_ref().map(|it| names.within(definition.schema, it)),
        columns: definition.columns.iter().map(column).chain(system_columns()).collect(),
        primary_key: None,
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        distributed_by: None,
        comment: definition.comment.map(str::to_owned),
        name: name.clone(),
    };
    let label = |kind, columns: &[&str]| naming::name(kind, &name.name, columns, limit);
    for column in definition.columns {
        let columns = || vec![column.name.to_owned()];
        if column.index {
            let name = label(Named::Index, &[column.name]);
            table.indexes.push(Index::new(name, columns(), false));
        }
        // An index, not a constraint: both databases can create and drop one in place.
        if column.unique {
            let name = label(Named::Unique, &[column.name]);
            table.indexes.push(Index::new(name, columns(), true));
        }
        if let Some(expression) = column.check {
            let name = label(Named::Check, &[column.name]);
            table.checks.push(Check { name, expression: expression.to_owned() });
        }
    }
    let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    for key in definition.foreign_keys {
        let name = label(Named::ForeignKey, key.columns);
        let target = match key.target {
            ForeignKeyTarget::Table { schema, name } => {
                TableName { schema: schema.map(str::to_owned), name: name.to_owned() }
            }
            ForeignKeyTarget::Feature(key) => names.of(&FeatureKey::new(key)?),
        };
        for column in key.columns {
            find_column(&table, column, "a foreign key")?;
        }
        table.foreign_keys.push(ForeignKey {
            on_delete: key.on_delete,
            on_update: key.on_update,
            match_full: key.match_full,
            deferrable: key.deferrable,
            ..ForeignKey::new(name, owned(key.columns), target, owned(key.references))
        });
    }
    for index in index::indexes(definition, options.dialect) {
        for column in index::columns(index) {
            find_column(&table, column, "an index")?;
        }
    }
    index::add_indexes(&mut table, definition, options);
    if definition.inject_primary_key.unwrap_or(options.inject_primary_key) {
        inject_primary_key(&mut table, feature.id_columns, limit)?;
    }
    if definition.inject_index.unwrap_or(options.inject_index) {
        inject_index(&mut table, feature.id_columns, limit)?;
    }
    if let Some(by) = options.distributed_by {
        distribute(&mut table, feature.id_columns, by)?;
    }
    Ok(table)
}

fn column(definition: &ColumnDef) -> Column {
    let sql_type = match ((definition.sql_type)(), definition.length) {
        (SqlType::Text, Some(length)) => SqlType::Varchar(length),
        (sql_type, _) => sql_type,
    };
    Column {
        name: definition.name.to_owned(),
        sql_type,
        nullable: definition.nullable,
        default: definition.default.map(default),
        generated: definition
            .generated
            .map(|it| Generated { expression: it.expression.to_owned(), storage: it.storage }),
        identity: definition.identity,
        collation: definition.collation.map(str::to_owned),
        renamed_from: definition.renamed_from.map(str::to_owned),
        comment: definition.comment.map(str::to_owned),
    }
}

fn default(definition: DefaultDef) -> DefaultValue {
    match definition {
        DefaultDef::Bool(value) => DefaultValue::Bool(value),
        DefaultDef::Int(value) => DefaultValue::Int(value),
        DefaultDef::Float(value) => DefaultValue::Float(value),
        DefaultDef::Text(value) => DefaultValue::Text(value.to_owned()),
        DefaultDef::Expression(value) => DefaultValue::Expression(value.to_owned()),
    }
}

/// Refuses references to columns of these tables whose values can repeat.
fn check_references(schema: &Schema) -> Result<(), LowerError> {
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let Some(target) = schema.tables.get(&key.references) else { continue };
            for column in &key.referenced_columns {
                find_column(
                    target,
                    column,
                    &format!("`{}.{}`", table.name, key.columns.join(", ")),
                )?;
            }
            let columns = |it: &PrimaryKey| it.columns.clone();
            let primary = target.primary_key.as_ref().map(columns).into_iter();
            let constraints = target.uniques.iter().map(|it| it.columns.clone());
            let unique = target.indexes.iter().filter(|it| it.unique).filter_map(|it| {
                Some(it.key_columns()?.into_iter().map(str::to_owned).collect::<Vec<_>>())
            });
            let set = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
            let wanted = set(&key.referenced_columns);
            if !primary.chain(constraints).chain(unique).any(|it| set(&it) == wanted) {
                return Err(LowerError::NotUnique {
                    table: table.name.to_string(),
                    column: key.columns.join(", "),
                    target: target.name.to_string(),
                    target_column: key.referenced_columns.join(", "),
                });
            }
        }
    }
    Ok(())
}
