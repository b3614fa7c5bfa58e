//! The system tables of a store: which feature versions were pushed, and what happened.
//!
//! Source: `metaxy.ext.sqlalchemy.plugin` of Metaxy for Python 0.1.11. A database that Python's Alembic migrated has
//! these tables with these names of keys and indexes, so that a check of it finds nothing to do.

use crate::{
    naming::{self, Named},
    schema::{Column, Index, PrimaryKey, Schema, SqlType, Table, TableName},
};
use md5::{Digest, Md5};

/// The longest name on PostgreSQL, in bytes.
const MAX_NAME: usize = 63;

diesel::table! {
    use diesel::sql_types::{Nullable, Text, Timestamp};

    /// Versions of features, as they were pushed (`metaxy_system__feature_versions`, in a store without a prefix).
    #[sql_name = "metaxy_system__feature_versions"]
    feature_versions (project, feature_key, metaxy_definition_version) {
        /// The project.
        project -> Text,
        /// The feature's key.
        feature_key -> Text,
        /// The version of the whole definition.
        metaxy_definition_version -> Text,
        /// The version of the feature's fields.
        metaxy_feature_version -> Nullable<Text>,
        /// The version of the project.
        metaxy_project_version -> Nullable<Text>,
        /// When it was pushed, in UTC.
        recorded_at -> Nullable<Timestamp>,
        /// The spec, as JSON.
        feature_spec -> Nullable<Text>,
        /// The JSON schema of the columns, as JSON.
        feature_schema -> Nullable<Text>,
        /// Where the feature's type lives.
        feature_class_path -> Nullable<Text>,
        /// Tags, as JSON: an object of texts.
        tags -> Nullable<Text>,
        /// When it was removed, in UTC.
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::{Nullable, Text, Timestamp};

    /// What happened to features (`metaxy_system__events`, in a store without a prefix).
    #[sql_name = "metaxy_system__events"]
    events (project, execution_id, timestamp) {
        /// The project.
        project -> Text,
        /// The run that it happened in.
        execution_id -> Text,
        /// When it happened, in UTC.
        timestamp -> Timestamp,
        /// What happened.
        event_type -> Nullable<Text>,
        /// The feature that it happened to.
        feature_key -> Nullable<Text>,
        /// Details, as JSON.
        payload -> Nullable<Text>,
    }
}

/// The system tables of a store whose tables' names start with `prefix`.
///
/// ```
/// use metaxy_diesel::system::system_tables;
///
/// let names: Vec<_> = system_tables("dev_").tables.into_keys().map(|it| it.name).collect();
/// assert_eq!(names, ["dev_metaxy_system__events", "dev_metaxy_system__feature_versions"]);
/// ```
pub fn system_tables(prefix: &str) -> Schema {
    [feature_versions_table(prefix), events_table(prefix)].into_iter().collect()
}

/// The name of the table of feature versions.
pub(crate) fn feature_versions_name(prefix: &str) -> String {
    format!("{prefix}metaxy_system__feature_versions")
}

fn feature_versions_table(prefix: &str) -> Table {
    table(
        feature_versions_name(prefix),
        &[
            ("project", SqlType::String),
            ("feature_key", SqlType::String),
            ("metaxy_definition_version", SqlType::String),
            ("metaxy_feature_version", SqlType::String),
            ("metaxy_project_version", SqlType::String),
            ("recorded_at", SqlType::Timestamp),
            ("feature_spec", SqlType::String),
            ("feature_schema", SqlType::String),
            ("feature_class_path", SqlType::String),
            ("tags", SqlType::String),
            ("deleted_at", SqlType::Timestamp),
        ],
        &["project", "feature_key", "metaxy_definition_version"],
        &[
            "project",
            "feature_key",
            "metaxy_feature_version",
            "metaxy_project_version",
            "recorded_at",
        ],
        &["project", "feature_key", "metaxy_feature_version"],
    )
}

/// The name of the table of events.
pub(crate) fn events_name(prefix: &str) -> String {
    format!("{prefix}metaxy_system__events")
}

fn events_table(prefix: &str) -> Table {
    table(
        events_name(prefix),
        &[
            ("project", SqlType::String),
            ("execution_id", SqlType::String),
            ("timestamp", SqlType::Timestamp),
            ("event_type", SqlType::String),
            ("feature_key", SqlType::String),
            ("payload", SqlType::String),
        ],
        &["project", "execution_id", "timestamp"],
        &["project", "execution_id", "event_type", "feature_key"],
        &["project", "execution_id", "event_type"],
    )
}

/// A table with an index on each of the `indexed` columns, and one on those of `lookup`.
fn table(
    name: String,
    columns: &[(&str, SqlType)],
    key: &[&str],
    indexed: &[&str],
    lookup: &[&str],
) -> Table {
    let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let columns = columns.iter().map(|(column, sql_type)| Column {
        nullable: !key.contains(column),
        ..Column::new(*column, sql_type.clone())
    });
    let single = indexed.iter().map(|column| {
        Index::new(sqlalchemy_name(format!("ix_{name}_{column}")), owned(&[column]), false)
    });
    let lookup = Index::new(sqlalchemy_name(format!("idx_{name}_lookup")), owned(lookup), false);
    let mut indexes: Vec<_> = single.chain([lookup]).collect();
    indexes.sort_by(|one, other| one.name.cmp(&other.name));
    let key_name = naming::name(Named::PrimaryKey, &name, &[], Some(MAX_NAME));
    Table {
        primary_key: Some(PrimaryKey { name: Some(key_name), columns: owned(key) }),
        indexes,
        ..Table::new(TableName::new(name), columns.collect())
    }
}

/// The name of an index as SQLAlchemy cuts it for PostgreSQL.
///
/// Source: `truncate_and_render_index_name` of SQLAlchemy 2.0.
fn sqlalchemy_name(name: String) -> String {
    if name.chars().count() <= MAX_NAME {
        return name;
    }
    let digest = Md5::digest(&name);
    let kept: String = name.chars().take(MAX_NAME - 8).collect();
    format!("{kept}_{:02x}{:02x}", digest[14], digest[15])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// The statements that SQLAlchemy writes for the tables, without and with a prefix that has it cut names.
    #[test]
    fn tables_are_those_of_python() {
        let statements = ["", "myproject_"].map(|prefix| statements(&system_tables(prefix)));
        assert_eq!(statements.concat(), include_str!("../../tests/data/system_tables.sql"));
    }

    fn statements(schema: &Schema) -> String {
        let mut sql = String::new();
        let mut line = |it: std::fmt::Arguments<'_>| writeln!(sql, "{it}").expect("is in memory");
        for (name, table) in &schema.tables {
            line(format_args!("CREATE TABLE {name} ("));
            for column in &table.columns {
                let sql_type = match column.sql_type {
                    SqlType::String => "VARCHAR",
                    SqlType::Timestamp => "TIMESTAMP WITHOUT TIME ZONE",
                    ref other => panic!("no system table has {other:?}"),
                };
                let null = if column.nullable { "" } else { " NOT NULL" };
                line(format_args!("\t{} {sql_type}{null},", column.name));
            }
            let key = table.primary_key.as_ref().expect("has a primary key");
            assert_eq!(key.name, Some(format!("{name}_pkey")));
            line(format_args!("\tPRIMARY KEY ({})\n);", key.columns.join(", ")));
            for index in &table.indexes {
                let columns = index.columns().collect::<Vec<_>>().join(", ");
                line(format_args!("CREATE INDEX {} ON {name} ({columns});", index.name));
            }
        }
        sql
    }

    #[test]
    fn names_fit_postgresql() {
        let schema = system_tables(&"p".repeat(30));
        let tables = schema.tables.values();
        let names = tables.flat_map(|table| {
            let key = table.primary_key.iter().filter_map(|it| it.name.as_deref());
            key.chain(table.indexes.iter().map(|it| &*it.name))
        });
        let longest = names.map(str::len).max();
        assert_eq!(longest, Some(MAX_NAME));
    }
}
