//! The features of a program that is measured: `program.rs` puts the list below this.
//!
//! They are registered as the derive registers them, but without Diesel's `table!`, which takes minutes to compile for so
//! many tables and does nothing while a migration is generated.

use metaxy::{
    Backend, JsonSchema, Location,
    __private::{
        ColumnDef, ColumnSchema, Declaration, FeatureDefinition, FieldDecl,
        FieldDepsDecl, ForeignKeyDef, ForeignKeyTarget, Registration, SqlType, TableDef, TableRegistration,
        inventory, json_schema::TypeSchema,
    },
    backend::{Open, connect},
};
use std::{env, fs, process::ExitCode};

/// The command line, and `sql BACKEND URL SQL`, which runs a script, or `@FILE` with one.
fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ["sql", backend, url, sql] = args[..] else { return metaxy::cli::main() };
    let backend: Backend = backend.parse().expect("it is a backend");
    let mut connection = connect(backend, &url.into(), Open::Create).expect("it is there");
    let file = sql.strip_prefix('@').map(|it| fs::read_to_string(it).expect("it can be read"));
    connection.run_script(file.as_deref().unwrap_or(sql)).expect("it is SQL");
    ExitCode::SUCCESS
}

/// Five columns, to which metaxy adds its ten.
const SCHEMAS: &[(TypeSchema, ColumnSchema)] = &[
    (<String as JsonSchema>::json_schema, ColumnSchema::new("id")),
    (<Option<String> as JsonSchema>::json_schema, ColumnSchema::new("parent")),
    (<i64 as JsonSchema>::json_schema, ColumnSchema::new("size")),
    (<f64 as JsonSchema>::json_schema, ColumnSchema::new("duration")),
    (<bool as JsonSchema>::json_schema, ColumnSchema::new("checked")),
];

/// `table`: the one that it refers to, in a chain.
const fn parent(name: &'static str) -> ForeignKeyDef {
    let table = ForeignKeyTarget::Table { schema: None, name };
    ForeignKeyDef::new(&["parent"], table, &["id"])
}

const fn columns(chain: bool) -> [ColumnDef; 5] {
    [
        ColumnDef { unique: chain, ..ColumnDef::new("id", || SqlType::Text) },
        ColumnDef { nullable: true, ..ColumnDef::new("parent", || SqlType::Text) },
        ColumnDef::new("size", || SqlType::BigInt),
        ColumnDef::new("duration", || SqlType::Double),
        ColumnDef::new("checked", || SqlType::Bool),
    ]
}

macro_rules! feature {
    ($key:literal, $chain:literal, $parent:expr) => {
        const _: () = {
            const COLUMNS: [ColumnDef; 5] = columns($chain);
            const PARENT: Option<&str> = $parent;
            const KEYS: &[ForeignKeyDef] = match PARENT {
                Some(table) => &[parent(table)],
                None => &[],
            };
            const TABLE: TableDef = TableDef { foreign_keys: KEYS, ..TableDef::new(&COLUMNS) };
            const DECLARATION: Declaration = Declaration {
                key: $key,
                id_columns: &["id"],
                deps: &[],
                fields: &[FieldDecl { key: "default", code_version: None, deps: FieldDepsDecl::All }],
                metadata: "{}",
                description: None,
                title: "Bench",
                doc: None,
                columns: SCHEMAS,
                project: "bench",
                class_path: "bench::Bench",
                location: Location { file: file!(), line: line!() },
            };
            fn definition() -> FeatureDefinition {
                DECLARATION.definition()
            }
            inventory::submit! {
                Registration { key: $key, definition, location: DECLARATION.location }
            }
            inventory::submit! { TableRegistration { key: $key, table: TABLE } }
        };
    };
}

