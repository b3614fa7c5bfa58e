//! [`Forms`]: how databases write values of rows, and what else of the laws differs between them, as data.

use metaxy_diesel::{Backend, schema::SqlType};

/// What the laws need to know of a database.
pub struct Forms {
    /// A binary value, of a number from 1 to 9.
    pub binary: fn(usize) -> String,
    /// An array of one integer.
    pub array: fn(usize) -> String,
    /// Versions by field.
    pub field_versions: fn(usize) -> String,
    /// What follows a moment in UTC, and one that says its time zone.
    pub zones: [&'static str; 2],
    /// A column, quoted, as a text that tells its values apart.
    pub shown: fn(&str, &SqlType) -> String,
    /// A text literal, as a column of texts is shown.
    pub shown_text: fn(&str) -> String,
    /// What rows are ordered by, where building a table anew keeps their order.
    pub row_order: Option<&'static str>,
    /// A collation that indexes can have.
    pub collation: &'static str,
    /// Whether rows refer to rows of their own table. Where not, such a table is not built anew.
    pub rows_refer_to_their_table: bool,
    /// What stands around rows that come into a table, and may refer to themselves.
    pub rows: [&'static str; 2],
    /// What stands around the script of a migration, where that makes a difference.
    pub transaction: [&'static str; 2],
    /// What stands around all of the laws: who runs migrations does it where tables are built anew.
    pub foreign_keys: [&'static str; 2],
    /// The names of all that is there besides what the database itself has, as `line`.
    pub leftovers: &'static str,
    /// What it lacks, in the words of the refusals: these are limits that the documentation tells of.
    pub limits: &'static [&'static str],
}

/// What the laws need to know of this database.
pub fn forms(backend: Backend) -> &'static Forms {
    match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
        Backend::Mysql | Backend::MariaDb => &MARIADB,
        Backend::DuckDb => &DUCKDB,
    }
}

const SQLITE: Forms = Forms {
    binary: hexadecimal,
    array: |_| unreachable!("there are no arrays"),
    field_versions: object,
    zones: ["", "+00"],
    shown: |column, _| format!("quote({column})"),
    shown_text: |text| format!("quote({text})"),
    row_order: Some("rowid"),
    collation: "NOCASE",
    rows_refer_to_their_table: true,
    rows: ["", ""],
    transaction: ["", ""],
    foreign_keys: ["PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"],
    leftovers: "SELECT name AS line FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    limits: &[
        "action on a generated column",
        "foreign key to what only an index with a collation makes unique",
    ],
};

const POSTGRES: Forms = Forms {
    binary: |row| format!("'\\x0{row}'"),
    array: |row| format!("'{{{row}}}'"),
    field_versions: object,
    zones: ["+00", "+00"],
    shown: |column, _| format!("{column}::text"),
    shown_text: str::to_owned,
    row_order: None,
    collation: "C",
    rows_refer_to_their_table: true,
    rows: ["", ""],
    transaction: ["", ""],
    foreign_keys: ["", ""],
    leftovers: "SELECT n.nspname || '.' || c.relname AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        UNION ALL SELECT typname FROM pg_type WHERE typtype = 'e'
        UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')",
    limits: &["action on a generated column"],
};

const MARIADB: Forms = Forms {
    binary: hexadecimal,
    array: |_| unreachable!("there are no arrays"),
    field_versions: object,
    zones: ["", "+00"],
    shown: |column, sql_type| match sql_type {
        SqlType::Binary => format!("hex({column})"),
        _ => format!("CAST({column} AS CHAR)"),
    },
    shown_text: str::to_owned,
    row_order: None,
    collation: "C",
    rows_refer_to_their_table: true,
    // Without a primary key a row is looked for before all of its own index entries are there.
    rows: ["SET foreign_key_checks = 0;\n", "SET foreign_key_checks = 1;"],
    transaction: ["", ""],
    foreign_keys: ["", ""],
    leftovers: "SELECT table_name AS line FROM information_schema.tables WHERE table_schema = database()",
    limits: &[
        "action on a generated column",
        "action on a column that is not nullable",
        "action on a column that is not nullable to one that is",
        "action on a column of a check",
        "action on a column that a stored one is computed from",
        "check of a numbered column",
        "generated column of a numbered one",
    ],
};

const DUCKDB: Forms = Forms {
    binary: |row| format!("'\\x0{row}'::BLOB"),
    array: |row| format!("[{row}]"),
    field_versions: |row| format!("MAP {{'a': '{row}'}}"),
    zones: ["+00", "+00"],
    shown: |column, _| format!("CAST({column} AS VARCHAR)"),
    shown_text: str::to_owned,
    row_order: None,
    collation: "C",
    rows_refer_to_their_table: false,
    // What it can do depends on what the transaction did before.
    rows: ["", ""],
    transaction: ["BEGIN;\n", "\nCOMMIT;"],
    foreign_keys: ["", ""],
    leftovers: "SELECT table_name AS line FROM duckdb_tables() UNION ALL SELECT type_name FROM duckdb_types() WHERE NOT internal",
    limits: &["foreign keys that go in a circle", "key or check of a generated column"],
};

fn hexadecimal(row: usize) -> String {
    format!("X'0{row}'")
}

fn object(row: usize) -> String {
    format!("'{{\"a\": {row}}}'")
}
