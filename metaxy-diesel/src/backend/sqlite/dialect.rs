use crate::{
    dialect::{Dialect, UnsupportedType, numeric, split_type},
    schema::SqlType,
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
    namespaces: false,
    type_name,
    literal_default: |_| true,
    key_limits: None,
    stored_type,
    parse_type,
    diesel_type,
    diesel_max_length: false,
    transactional_ddl: true,
    table_options: "",
    constraint_names: false,
    primary_key_names: false,
    rename_constraint: false,
    unique_constraints: true,
    restrict_is_no_action: false,
    foreign_key_indexes: false,
    forward_references: true,
    alter_primary_key: false,
    table_owns_indexes: false,
    rename_index: false,
    add_column_with_expression: false,
    fail,
};

/// Declared types are kept as they are written, and are what Diesel infers its own types from.
///
/// JSON and moments are `TEXT`: the affinity of a column declared `JSON` or `TIMESTAMPTZ` is numeric, which
/// rewrites values that look like numbers.
fn type_name(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let instead = match sql_type {
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
        | SqlType::Timestamptz
        | SqlType::UtcTimestamp
        | SqlType::FieldVersions
        | SqlType::Json => return Ok("TEXT".to_owned()),
        SqlType::String => return Ok("VARCHAR".to_owned()),
        SqlType::Varchar(length) => return Ok(format!("VARCHAR({length})")),
        SqlType::Binary | SqlType::Jsonb => return Ok("BLOB".to_owned()),
        SqlType::Date => return Ok("DATE".to_owned()),
        SqlType::Time => return Ok("TIME".to_owned()),
        SqlType::Timestamp => return Ok("TIMESTAMP".to_owned()),
        SqlType::Other(name) => return Ok(name.clone()),
        SqlType::Uuid => "text or bytes (a `String`, or a type of yours with `sql_type = Binary`)",
        SqlType::Array(_) => "JSON text, or a table of its own",
    };
    Err(UnsupportedType { database: DIALECT.title, sql_type: sql_type.clone(), instead })
}

fn stored_type(sql_type: &SqlType) -> SqlType {
    type_name(sql_type).map_or_else(|_| sql_type.clone(), |name| parse_type(&name))
}

fn parse_type(text: &str) -> SqlType {
    let (name, arguments) = split_type(text);
    match (name.as_str(), arguments.as_slice()) {
        ("smallint" | "int2", []) => SqlType::SmallInt,
        ("integer" | "int" | "int4", []) => SqlType::Integer,
        ("bigint" | "int8", []) => SqlType::BigInt,
        ("float" | "real", []) => SqlType::Float,
        ("double" | "double precision", []) => SqlType::Double,
        ("numeric" | "decimal", arguments) => numeric(arguments, None),
        ("boolean" | "bool", []) => SqlType::Bool,
        ("text" | "varchar" | "character varying", []) => SqlType::Text,
        ("varchar" | "character varying", &[length]) => SqlType::Varchar(length.unsigned_abs()),
        ("blob", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time", []) => SqlType::Time,
        ("timestamp" | "datetime", []) => SqlType::Timestamp,
        _ => SqlType::Other(text.to_owned()),
    }
}

fn diesel_type(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let name = match stored_type(sql_type) {
        SqlType::SmallInt => "SmallInt",
        SqlType::Integer => "Integer",
        SqlType::BigInt => "BigInt",
        SqlType::Float => "Float",
        // Diesel's CLI reads `NUMERIC` back as this, and would see a change for ever.
        SqlType::Double | SqlType::Numeric { .. } => "Double",
        SqlType::Bool => "Bool",
        SqlType::Text | SqlType::String | SqlType::Varchar(_) => "Text",
        SqlType::Binary => "Binary",
        SqlType::Date => "Date",
        SqlType::Time => "Time",
        SqlType::Timestamp => "Timestamp",
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

/// SQLite raises errors of one's own only within triggers: a table that cannot be there carries the message.
fn fail(message: &str) -> String {
    format!("SELECT * FROM \"{}\";", message.replace('"', "\"\""))
}
