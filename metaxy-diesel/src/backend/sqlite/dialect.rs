use super::statements::statements;
use crate::{
    columns::{ColumnRules, Comments, IdentityKey, IdentityRules},
    dialect::{
        AlterColumn, Dialect, DoneAlready, Enums, Online, Rebuild, Renamed, UnsupportedType,
        numeric, split_type,
    },
    offline::Offline,
    schema::{DefaultValue, Identity, Moment, SqlType, Table},
    support::{ConstraintSupport, IndexSupport, Methods, Support},
};

/// What SQLite writes and can do.
///
/// Source: <https://www.sqlite.org/lang_altertable.html>, <https://www.sqlite.org/datatype3.html>.
pub const DIALECT: Dialect = Dialect {
    name: "sqlite",
    other_names: &["sqlite3"],
    title: "SQLite",
    identifier_quote: '"',
    max_identifier_bytes: None,
    backslash_escapes: false,
    statements,
    online: Online::No,
    offline: OFFLINE,
    namespaces: None,
    distribution: None,
    type_name,
    literal_default: |_| true,
    key_limits: None,
    stored_type,
    parse_type,
    diesel_type,
    diesel_max_length: false,
    transactional_ddl: true,
    done_already: DoneAlready {
        numbers: &[],
        words: &["already exists", "duplicate column name", "no such "],
    },
    table_options: "",
    constraint_names: false,
    primary_key_names: false,
    primary_keys_forbid_null: false,
    rename_constraint: false,
    unique_constraints: true,
    restrict_is_no_action: false,
    foreign_key_indexes: false,
    foreign_key_order: false,
    forward_references: true,
    alter_primary_key: false,
    table_owns_indexes: false,
    alter_constraints: false,
    expressions_keep_types: false,
    rename: true,
    rename_in_expressions: true,
    drop_column: true,
    alter_column: AlterColumn::Rebuild,
    columns: ColumnRules {
        no_virtual: None,
        stored: true,
        generated_not_null: true,
        generated_last: false,
        add_virtual: true,
        add_stored: false,
        reads_numbers: true,
        identity: IDENTITY,
        // Names of collations know no case.
        stored_collation: |name| Some(name.to_ascii_uppercase()).filter(|it| it != "BINARY"),
        comments: Comments::None,
    },
    cast,
    enums: Enums::Checked,
    rebuild: Rebuild::Renamed(REBUILD),
    indexes: INDEXES,
    constraints: CONSTRAINTS,
    rename_index: false,
    add_required_column: true,
    add_column_with_default: |it| !matches!(it, DefaultValue::Expression(_)),
    fail,
    rows: super::rows::ROWS,
};

/// Source: <https://www.sqlite.org/autoinc.html>. Without it, the number of the last row is given again once it is gone.
const IDENTITY: IdentityRules = IdentityRules {
    definition: |identity, _| {
        let is_known = identity == Identity::BY_DEFAULT;
        is_known.then(|| ("INTEGER".to_owned(), "PRIMARY KEY AUTOINCREMENT".to_owned()))
    },
    serial: false,
    key: IdentityKey::Whole,
    stored_type: Some(SqlType::Integer),
    statements: None,
};

/// Declared types are kept as they are written, and are what Diesel infers its own types from.
///
/// JSON and moments are `TEXT`: the affinity of a column declared `JSON` or `TIMESTAMPTZ` is numeric, which
/// rewrites values that look like numbers.
fn type_name(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let instead = match sql_type {
        SqlType::TinyInt => return Ok("TINYINT".to_owned()),
        SqlType::SmallInt => return Ok("SMALLINT".to_owned()),
        SqlType::Integer => return Ok("INTEGER".to_owned()),
        SqlType::BigInt => return Ok("BIGINT".to_owned()),
        SqlType::Float => return Ok("FLOAT".to_owned()),
        SqlType::Double => return Ok("DOUBLE".to_owned()),
        SqlType::Numeric { precision: Some(precision), scale: Some(scale) } => {
            return Ok(format!("NUMERIC({precision}, {scale})"));
        }
        SqlType::Numeric { precision: Some(precision), scale: None } => {
            return Ok(format!("NUMERIC({precision})"));
        }
        SqlType::Numeric { precision: None, .. } => return Ok("NUMERIC".to_owned()),
        SqlType::Bool => return Ok("BOOLEAN".to_owned()),
        SqlType::Text
        | SqlType::Values(_)
        | SqlType::Timestamptz
        | SqlType::Precise(Moment::Timestamptz, _)
        | SqlType::UtcTimestamp
        | SqlType::FieldVersions
        | SqlType::Json => return Ok("TEXT".to_owned()),
        SqlType::String => return Ok("VARCHAR".to_owned()),
        SqlType::Varchar(length) => return Ok(format!("VARCHAR({length})")),
        SqlType::Char(length) => return Ok(format!("CHAR({length})")),
        SqlType::Binary | SqlType::Jsonb => return Ok("BLOB".to_owned()),
        SqlType::Date => return Ok("DATE".to_owned()),
        SqlType::Time => return Ok("TIME".to_owned()),
        SqlType::Timestamp => return Ok("TIMESTAMP".to_owned()),
        SqlType::Precise(Moment::Time, digits) => return Ok(format!("TIME({digits})")),
        SqlType::Precise(Moment::Timestamp, digits) => return Ok(format!("TIMESTAMP({digits})")),
        SqlType::Other(name) => return Ok(name.clone()),
        SqlType::Uuid => "text or bytes (a `String`, or a type of yours with `sql_type = Binary`)",
        SqlType::Unsigned(_) => "a signed type, which holds as many bits as its values need",
        SqlType::Array(_) => "JSON text, or a table of its own",
        SqlType::Enum(_) => "a type whose values are in the schema",
    };
    Err(UnsupportedType { database: DIALECT.title, sql_type: sql_type.clone(), instead })
}

fn stored_type(sql_type: &SqlType) -> SqlType {
    if let SqlType::Values(_) = sql_type {
        return sql_type.clone();
    }
    type_name(sql_type).map_or_else(|_| sql_type.clone(), |name| parse_type(&name))
}

fn parse_type(text: &str) -> SqlType {
    let (name, arguments) = split_type(text);
    match (name.as_str(), arguments.as_slice()) {
        ("tinyint", []) => SqlType::TinyInt,
        ("smallint" | "int2", []) => SqlType::SmallInt,
        ("integer" | "int" | "int4", []) => SqlType::Integer,
        ("bigint" | "int8", []) => SqlType::BigInt,
        ("float" | "real", []) => SqlType::Float,
        ("double" | "double precision", []) => SqlType::Double,
        ("numeric" | "decimal", arguments) => numeric(arguments, None),
        ("boolean" | "bool", []) => SqlType::Bool,
        ("text" | "varchar" | "character varying", []) => SqlType::Text,
        ("varchar" | "character varying", &[length]) => SqlType::Varchar(length.unsigned_abs()),
        ("char" | "character", []) => SqlType::Char(1),
        ("char" | "character", &[length]) => SqlType::Char(length.unsigned_abs()),
        ("blob", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time", []) => SqlType::Time,
        ("timestamp" | "datetime", []) => SqlType::Timestamp,
        ("time", &[digits]) => SqlType::Precise(Moment::Time, digits.unsigned_abs()),
        ("timestamp" | "datetime", &[digits]) => {
            SqlType::Precise(Moment::Timestamp, digits.unsigned_abs())
        }
        _ => SqlType::Other(text.to_owned()),
    }
}

fn diesel_type(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let name = match stored_type(sql_type) {
        SqlType::TinyInt | SqlType::SmallInt => "SmallInt",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "BigInt",
        SqlType::Float => "Float",
        // Diesel's CLI reads `NUMERIC` back as this, and would see a change for ever.
        SqlType::Double | SqlType::Numeric { .. } => "Double",
        SqlType::Bool => "Bool",
        SqlType::Text
        | SqlType::String
        | SqlType::Varchar(_)
        | SqlType::Char(_)
        | SqlType::Values(_) => "Text",
        SqlType::Binary => "Binary",
        SqlType::Date => "Date",
        SqlType::Time | SqlType::Precise(Moment::Time, _) => "Time",
        SqlType::Timestamp | SqlType::Precise(..) => "Timestamp",
        sql_type => {
            return Err(UnsupportedType {
                database: DIALECT.title,
                sql_type,
                instead: "a type that Diesel has for it",
            });
        }
    };
    Ok(name.to_owned())
}

/// Source: <https://www.sqlite.org/lang_createindex.html>.
const INDEXES: IndexSupport = IndexSupport {
    partial: Support::Yes,
    expressions: Support::Yes,
    nulls: Support::No { instead: "leave it out: NULLs are smaller than all values" },
    nulls_are_largest: false,
    descending: true,
    prefixes: Support::No { instead: "index an expression, `substr(column, 1, 255)`" },
    collations: Support::Yes,
    operator_classes: Support::No { instead: "leave it out" },
    include: Support::No { instead: "make them the last keys, or leave them out" },
    nulls_not_distinct: Support::No { instead: "make the columns not nullable" },
    methods: Methods::Words(&[]),
};

/// Source: <https://www.sqlite.org/foreignkeys.html>.
const CONSTRAINTS: ConstraintSupport = ConstraintSupport {
    deferrable_uniques: Support::No { instead: "leave it out: they hold at all times" },
    deferrable_foreign_keys: Support::Yes,
    alter_deferrable: false,
    match_full: Support::No { instead: "check that all of its columns are NULL or none" },
    set_default: Support::Yes,
    actions_fit: false,
    foreign_key_actions: Support::Yes,
    foreign_keys_to_indexes: Support::Yes,
    foreign_keys_to_collations: Support::No {
        instead: "leave the collation out of the index, or give it to the column",
    },
    foreign_keys_in_circles: Support::Yes,
    on_generated: Support::Yes,
};

/// Source: <https://www.sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes>.
const REBUILD: Renamed = Renamed {
    guard,
    row_order: "rowid",
    keep_numbers,
    // Without it, views of the table that was dropped stand in the way of the rename.
    before_rename: "PRAGMA legacy_alter_table = ON;",
    after_rename: "PRAGMA legacy_alter_table = OFF;",
};

/// Fails, by a path of JSON that is none, where a table has columns, indexes or triggers that nobody told us of, or
/// where dropping it would take rows of other tables along (`ON DELETE CASCADE`).
///
/// `metaxy migration run` keeps triggers itself, and checks foreign keys at the end in place of meanwhile. Diesel's own
/// command line does neither: this statement is for it.
fn guard(table: &Table) -> String {
    let list = |names: Vec<&str>| {
        let names: Vec<_> = names.into_iter().map(|it| DIALECT.quote_text(it)).collect();
        names.join(", ")
    };
    let columns = list(table.columns.iter().map(|it| it.name.as_str()).collect());
    let indexes = list(table.indexes.iter().map(|it| it.name.as_str()).collect());
    let name = DIALECT.quote_text(&table.name.name);
    // Its numbers are kept where they are known of.
    let numbered = match table.columns.iter().any(|it| it.identity.is_some()) {
        true => "",
        false => " OR type = 'table' AND sql LIKE '%AUTOINCREMENT%'",
    };
    let message = DIALECT.quote_text(&format!("building {} anew would lose ", table.name.name));
    format!(
        "-- Fails where that would lose what metaxy does not know of; `metaxy migration run` keeps triggers and rows itself.
SELECT json_extract('{{}}', {message} || what) FROM (
    SELECT iif(type = 'table', 'AUTOINCREMENT', type || ' ' || name) AS what FROM sqlite_schema
        WHERE tbl_name = {name} COLLATE NOCASE AND (type = 'trigger'{numbered}
            OR type = 'index' AND sql IS NOT NULL AND name COLLATE NOCASE NOT IN ({indexes}))
    UNION ALL SELECT 'column ' || name FROM pragma_table_xinfo({name}) WHERE name COLLATE NOCASE NOT IN ({columns})
    UNION ALL SELECT 'rows of ' || t.name FROM pragma_foreign_keys s, sqlite_schema t, pragma_foreign_key_list(t.name) f
        WHERE s.foreign_keys AND f.\"table\" = {name} COLLATE NOCASE
);"
    )
}

/// Copying rows told the new table no more than their largest number.
///
/// Source: <https://www.sqlite.org/fileformat2.html#seqtab>.
fn keep_numbers(from: &str, to: &str) -> String {
    let (from, to) = (DIALECT.quote_text(from), DIALECT.quote_text(to));
    format!(
        "DELETE FROM sqlite_sequence WHERE name = {to};
INSERT INTO sqlite_sequence (name, seq) SELECT {to}, seq FROM sqlite_sequence WHERE name = {from} COLLATE NOCASE;"
    )
}

/// Types are affinities here. `DATE`, `TIME` and `TIMESTAMP` have that of numbers and hold text: a cast to one of them
/// would make `2026-11-23` a `2026`.
fn cast(expression: &str, from: &SqlType, to: &SqlType) -> String {
    match (affinity(from), affinity(to)) {
        (from, Some(to)) if from != Some(to) => format!("CAST({expression} AS {to})"),
        _ => expression.to_owned(),
    }
}

/// What values of a type are stored as; `None`: as they come.
fn affinity(sql_type: &SqlType) -> Option<&'static str> {
    match stored_type(sql_type) {
        SqlType::TinyInt
        | SqlType::SmallInt
        | SqlType::Integer
        | SqlType::BigInt
        | SqlType::Bool => Some("INTEGER"),
        SqlType::Float | SqlType::Double => Some("REAL"),
        SqlType::Numeric { .. } => Some("NUMERIC"),
        SqlType::Text | SqlType::Values(_) | SqlType::Varchar(_) | SqlType::Char(_) => Some("TEXT"),
        SqlType::Binary => Some("BLOB"),
        _ => None,
    }
}

/// SQLite raises errors of one's own only within triggers: a table that cannot be there carries the message.
fn fail(message: &str) -> String {
    format!("SELECT * FROM \"{}\";", message.replace('"', "\"\""))
}

/// Foreign keys are switched outside of a transaction, and a check of a temporary table fails where a row refers to none.
const OFFLINE: Offline = Offline {
    client: "sqlite3 -bail DATABASE < SCRIPT",
    prepare: "",
    go_to: None,
    begin: "BEGIN IMMEDIATE;",
    before_rebuild: "PRAGMA foreign_keys = OFF;\n",
    check_rebuild: "CREATE TEMPORARY TABLE metaxy_dangling (n INTEGER CHECK (n = 0));\n\
        INSERT INTO metaxy_dangling SELECT count(*) FROM pragma_foreign_key_check;\n\
        DROP TABLE metaxy_dangling;\n",
    after_rebuild: "PRAGMA foreign_keys = ON;\nPRAGMA legacy_alter_table = OFF;\n",
    only_if: None,
};
