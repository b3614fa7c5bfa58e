//! `schema.rs` texts. That Diesel's CLI takes them is tested where it is installed.

use metaxy_diesel::{Backend, Schema, schema_rs::SchemaRsError};
use std::{fs, path::Path};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema_rs")
}

fn schema() -> Schema {
    let text = fs::read_to_string(folder().join("schema.toml")).expect("the schema is there");
    toml::from_str(&text).expect("the schema is well-formed")
}

/// `METAXY_BLESS=1` writes the files anew.
#[test]
fn texts_are_as_expected() {
    for backend in Backend::ALL {
        let found = schema().to_schema_rs(backend).expect("every type is known");
        let file = folder().join(format!("{}.rs", backend.name()));
        if std::env::var_os("METAXY_BLESS").is_some() {
            fs::write(&file, &found).expect("the file can be written");
        }
        let expected = fs::read_to_string(&file).expect("the file is there");
        assert_eq!(found, expected, "{}", file.display());
    }
}

/// Diesel's CLI declares the types of PostgreSQL, and those of columns elsewhere; SQLite has texts.
#[test]
fn enums_are_types() {
    let text = fs::read_to_string(folder().join("enums.toml")).expect("the schema is there");
    let schema: Schema = toml::from_str(&text).expect("the schema is well-formed");
    for backend in Backend::ALL {
        let found = schema.to_schema_rs(backend).expect("every type is known");
        let file = folder().join(format!("enums_{}.rs", backend.name()));
        if std::env::var_os("METAXY_BLESS").is_some() {
            fs::write(&file, &found).expect("the file can be written");
        }
        let expected = fs::read_to_string(&file).expect("the file is there");
        assert_eq!(found, expected, "{}", file.display());
    }
}

#[test]
fn a_table_needs_a_key() {
    let mut schema = schema();
    let table = schema.tables.values_mut().next().expect("it has tables");
    table.primary_key = None;
    let name = table.name.clone();
    assert_eq!(
        schema.to_schema_rs(Backend::Sqlite),
        Err(SchemaRsError::NoPrimaryKey { table: name })
    );
}

/// The file compiles.
#[expect(non_snake_case, reason = "tables of features have `__` between the parts of their keys")]
#[cfg(feature = "sqlite")]
#[path = "schema_rs/sqlite.rs"]
mod sqlite;

/// The file compiles.
#[expect(non_snake_case, reason = "tables of features have `__` between the parts of their keys")]
#[cfg(feature = "mysql")]
#[path = "schema_rs/mysql.rs"]
mod mysql;

/// The file compiles.
#[expect(non_snake_case, reason = "tables of features have `__` between the parts of their keys")]
#[cfg(feature = "mysql")]
#[path = "schema_rs/mariadb.rs"]
mod mariadb;

/// The file compiles.
#[expect(non_snake_case, reason = "tables of features have `__` between the parts of their keys")]
#[cfg(feature = "postgres")]
#[path = "schema_rs/postgres.rs"]
mod postgres;

/// The file compiles.
#[cfg(feature = "postgres")]
#[path = "schema_rs/enums_postgres.rs"]
mod enums_postgres;

/// The file compiles.
#[cfg(feature = "mysql")]
#[path = "schema_rs/enums_mysql.rs"]
mod enums_mysql;
