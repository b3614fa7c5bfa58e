use super::{citus, identity, namespace, statements::statements};
use crate::{
    columns::{ColumnRules, Comments},
    dialect::{
        AlterColumn, Dialect, DoneAlready, Enums, Online, Rebuild, UnsupportedType, numeric,
        precise, split_type,
    },
    offline::Offline,
    schema::{Moment, SqlType},
    support::{ConstraintSupport, IndexSupport, Methods, Support},
};

/// The most decimals that seconds have, and have where none are named.
const DECIMALS: u32 = 6;

/// What PostgreSQL writes and can do.
///
/// Source: <https://www.postgresql.org/docs/current/sql-altertable.html>,
/// <https://www.postgresql.org/docs/current/datatype.html>.
pub const DIALECT: Dialect = Dialect {
    name: "postgres",
    other_names: &["postgresql"],
    title: "PostgreSQL",
    identifier_quote: '"',
    max_identifier_bytes: Some(63),
    backslash_escapes: false,
    statements,
    online: Online::Steps,
    offline: OFFLINE,
    namespaces: Some(namespace::NAMESPACES),
    distribution: Some(citus::DISTRIBUTION),
    type_name,
    literal_default: |_| true,
    key_limits: None,
    stored_type,
    parse_type,
    diesel_type,
    diesel_max_length: true,
    transactional_ddl: true,
    done_already: DoneAlready { numbers: &[], words: &["already exists", "does not exist"] },
    table_options: "",
    constraint_names: true,
    primary_key_names: true,
    primary_keys_forbid_null: true,
    rename_constraint: true,
    unique_constraints: true,
    restrict_is_no_action: false,
    foreign_key_indexes: false,
    foreign_key_order: false,
    forward_references: false,
    alter_primary_key: true,
    table_owns_indexes: false,
    alter_constraints: true,
    expressions_keep_types: true,
    rename: true,
    rename_in_expressions: true,
    drop_column: true,
    alter_column: AlterColumn::Clauses,
    columns: ColumnRules {
        no_virtual: Some("PostgreSQL has no virtual generated columns before version 18"),
        stored: true,
        generated_not_null: true,
        generated_last: false,
        add_virtual: true,
        add_stored: true,
        reads_numbers: true,
        identity: identity::RULES,
        stored_collation: |name| Some(name.to_owned()).filter(|it| it != "default"),
        comments: Comments::Statements,
    },
    cast,
    enums: Enums::Named,
    rebuild: Rebuild::Never,
    indexes: INDEXES,
    constraints: CONSTRAINTS,
    rename_index: true,
    add_required_column: true,
    add_column_with_default: |_| true,
    fail,
    rows: super::rows::ROWS,
};

/// Source: <https://www.postgresql.org/docs/current/sql-createindex.html>.
const INDEXES: IndexSupport = IndexSupport {
    partial: Support::Yes,
    expressions: Support::Yes,
    nulls: Support::Yes,
    nulls_are_largest: true,
    descending: true,
    prefixes: Support::No { instead: "index an expression, `left(column, 255)`" },
    collations: Support::Yes,
    operator_classes: Support::Yes,
    include: Support::Yes,
    // Since version 15: before, the server refuses it.
    nulls_not_distinct: Support::Yes,
    methods: Methods::Using,
};

/// Source: <https://www.postgresql.org/docs/current/sql-createtable.html>.
const CONSTRAINTS: ConstraintSupport = ConstraintSupport {
    deferrable_uniques: Support::Yes,
    deferrable_foreign_keys: Support::Yes,
    alter_deferrable: true,
    match_full: Support::Yes,
    set_default: Support::Yes,
    actions_fit: false,
    foreign_key_actions: Support::Yes,
    foreign_keys_to_indexes: Support::Yes,
    foreign_keys_to_collations: Support::Yes,
    foreign_keys_in_circles: Support::Yes,
    on_generated: Support::Yes,
};

pub(super) fn type_name(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let unsupported = |instead| {
        Err(UnsupportedType { database: DIALECT.title, sql_type: sql_type.clone(), instead })
    };
    Ok(match sql_type {
        SqlType::TinyInt => return unsupported("`smallint`"),
        SqlType::Unsigned(_) => return unsupported("a signed type of more bits, with a check"),
        SqlType::SmallInt => "SMALLINT".to_owned(),
        SqlType::Integer => "INTEGER".to_owned(),
        SqlType::BigInt => "BIGINT".to_owned(),
        SqlType::Float => "REAL".to_owned(),
        SqlType::Double => "DOUBLE PRECISION".to_owned(),
        SqlType::Numeric { precision: Some(precision), scale: Some(scale) } => {
            format!("NUMERIC({precision}, {scale})")
        }
        SqlType::Numeric { precision: Some(precision), scale: None } => {
            format!("NUMERIC({precision})")
        }
        SqlType::Numeric { precision: None, .. } => "NUMERIC".to_owned(),
        SqlType::Bool => "BOOLEAN".to_owned(),
        SqlType::Text => "TEXT".to_owned(),
        SqlType::String => "VARCHAR".to_owned(),
        SqlType::Varchar(length) => format!("VARCHAR({length})"),
        SqlType::Char(length) => format!("CHAR({length})"),
        SqlType::Binary => "BYTEA".to_owned(),
        SqlType::Date => "DATE".to_owned(),
        SqlType::Time => "TIME".to_owned(),
        SqlType::Timestamp => "TIMESTAMP".to_owned(),
        SqlType::Precise(Moment::Time, digits) => format!("TIME({digits})"),
        SqlType::Precise(Moment::Timestamp, digits) => format!("TIMESTAMP({digits})"),
        SqlType::Precise(Moment::Timestamptz, digits) => format!("TIMESTAMPTZ({digits})"),
        SqlType::Timestamptz | SqlType::UtcTimestamp => "TIMESTAMPTZ".to_owned(),
        SqlType::FieldVersions | SqlType::Jsonb => "JSONB".to_owned(),
        SqlType::Uuid => "UUID".to_owned(),
        SqlType::Json => "JSON".to_owned(),
        SqlType::Array(element) => format!("{}[]", type_name(element)?),
        // A name that cannot be is refused where the type is created.
        SqlType::Enum(name) => DIALECT.quote_table(name).unwrap_or_else(|_| name.to_string()),
        SqlType::Values(_) => {
            return Err(UnsupportedType {
                database: DIALECT.title,
                sql_type: sql_type.clone(),
                instead: "an enumerated type with a name",
            });
        }
        SqlType::Other(name) => name.clone(),
    })
}

/// `numeric(p)` is `numeric(p, 0)`, and arrays of any depth are one type.
fn stored_type(sql_type: &SqlType) -> SqlType {
    match sql_type {
        SqlType::Enum(_) => return sql_type.clone(),
        SqlType::Array(element) => {
            return match stored_type(element) {
                array @ SqlType::Array(_) => array,
                element => SqlType::Array(Box::new(element)),
            };
        }
        _ => {}
    }
    type_name(sql_type).map_or_else(|_| sql_type.clone(), |name| parse_type(&name))
}

/// Reads what `format_type` shows, and the short names.
fn parse_type(text: &str) -> SqlType {
    if let Some(element) = text.trim_end().strip_suffix("[]") {
        return match parse_type(element) {
            array @ SqlType::Array(_) => array,
            element => SqlType::Array(Box::new(element)),
        };
    }
    let (name, arguments) = split_type(text);
    match (name.as_str(), arguments.as_slice()) {
        ("smallint" | "int2", []) => SqlType::SmallInt,
        ("integer" | "int" | "int4", []) => SqlType::Integer,
        ("bigint" | "int8", []) => SqlType::BigInt,
        ("real" | "float4", []) => SqlType::Float,
        ("double precision" | "float8" | "float", []) => SqlType::Double,
        ("numeric" | "decimal", arguments) => numeric(arguments, Some(0)),
        ("boolean" | "bool", []) => SqlType::Bool,
        // Without a length the two are one type but for the name.
        ("text" | "character varying" | "varchar", []) => SqlType::Text,
        ("character varying" | "varchar", &[length]) => SqlType::Varchar(length.unsigned_abs()),
        ("character" | "char", []) => SqlType::Char(1),
        ("character" | "char" | "bpchar", &[length]) => SqlType::Char(length.unsigned_abs()),
        ("bytea", []) => SqlType::Binary,
        ("date", []) => SqlType::Date,
        ("time" | "time without time zone", []) => SqlType::Time,
        ("time" | "time without time zone", &[digits]) => precise(Moment::Time, digits, DECIMALS),
        ("timestamp" | "timestamp without time zone", []) => SqlType::Timestamp,
        ("timestamp" | "timestamp without time zone", &[digits]) => {
            precise(Moment::Timestamp, digits, DECIMALS)
        }
        ("timestamptz" | "timestamp with time zone", []) => SqlType::Timestamptz,
        ("timestamptz" | "timestamp with time zone", &[digits]) => {
            precise(Moment::Timestamptz, digits, DECIMALS)
        }
        ("uuid", []) => SqlType::Uuid,
        ("json", []) => SqlType::Json,
        ("jsonb", []) => SqlType::Jsonb,
        _ => SqlType::Other(text.trim().to_lowercase()),
    }
}

/// The names that Diesel's CLI gives what it finds: others would be a change to it.
fn diesel_type(sql_type: &SqlType) -> Result<String, UnsupportedType> {
    let name = match stored_type(sql_type) {
        SqlType::SmallInt => "Int2",
        SqlType::Integer => "Int4",
        SqlType::BigInt => "Int8",
        SqlType::Float => "Float4",
        SqlType::Double => "Float8",
        SqlType::Numeric { .. } => "Numeric",
        SqlType::Bool => "Bool",
        SqlType::Text | SqlType::String => "Text",
        SqlType::Varchar(_) => "Varchar",
        SqlType::Char(_) => "Bpchar",
        SqlType::Binary => "Bytea",
        SqlType::Date => "Date",
        SqlType::Time | SqlType::Precise(Moment::Time, _) => "Time",
        SqlType::Timestamp | SqlType::Precise(Moment::Timestamp, _) => "Timestamp",
        SqlType::Timestamptz | SqlType::Precise(Moment::Timestamptz, _) => "Timestamptz",
        SqlType::Uuid => "Uuid",
        SqlType::Json => "Json",
        SqlType::Jsonb => "Jsonb",
        SqlType::Array(element) => {
            return Ok(format!("Array<Nullable<{}>>", diesel_type(&element)?));
        }
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

fn cast(expression: &str, from: &SqlType, to: &SqlType) -> String {
    let name = type_name(to).expect("the column was written with the type before");
    let (from, to) = (stored_type(from), stored_type(to));
    match (&from, &to) {
        // A moment without zone is one in UTC, whatever the zone of the session.
        _ if has_zone(&from).zip(has_zone(&to)).is_some_and(|(from, to)| from != to) => {
            format!("{expression} AT TIME ZONE 'UTC'")
        }
        (from, SqlType::Date | SqlType::Time) if has_zone(from) == Some(true) => {
            format!("({expression} AT TIME ZONE 'UTC')::{name}")
        }
        (SqlType::Date, to) if has_zone(to) == Some(true) => {
            format!("{expression}::TIMESTAMP AT TIME ZONE 'UTC'")
        }
        // Only `integer` is cast to and from `boolean`.
        (SqlType::Bool, SqlType::SmallInt | SqlType::BigInt)
        | (SqlType::SmallInt | SqlType::BigInt, SqlType::Bool) => {
            format!("{expression}::INTEGER::{name}")
        }
        (from, to) if has_cast(from, to) => format!("{expression}::{name}"),
        // All types are read from text, and written as it.
        _ => format!("{expression}::TEXT::{name}"),
    }
}

/// Source: <https://www.postgresql.org/docs/current/catalog-pg-cast.html>. Types that we do not know may have any.
fn has_cast(from: &SqlType, to: &SqlType) -> bool {
    #[derive(PartialEq)]
    enum Family {
        Text,
        Number,
        Moment,
        Json,
        Alone,
        Unknown,
    }
    let family = |it: &SqlType| match it {
        SqlType::Text | SqlType::Varchar(_) | SqlType::Char(_) => Family::Text,
        SqlType::SmallInt
        | SqlType::Integer
        | SqlType::BigInt
        | SqlType::Float
        | SqlType::Double
        | SqlType::Numeric { .. } => Family::Number,
        SqlType::Date
        | SqlType::Timestamp
        | SqlType::Timestamptz
        | SqlType::Precise(Moment::Timestamp | Moment::Timestamptz, _) => Family::Moment,
        SqlType::Json | SqlType::Jsonb => Family::Json,
        SqlType::Other(_) => Family::Unknown,
        _ => Family::Alone,
    };
    match (from, to) {
        (SqlType::Array(from), SqlType::Array(to)) => has_cast(from, to),
        (SqlType::Integer, SqlType::Bool) | (SqlType::Bool, SqlType::Integer) => true,
        (
            SqlType::Time | SqlType::Timestamp | SqlType::Timestamptz | SqlType::Precise(..),
            SqlType::Time | SqlType::Precise(Moment::Time, _),
        ) => true,
        _ => match (family(from), family(to)) {
            (Family::Text | Family::Unknown, _) | (_, Family::Text | Family::Unknown) => true,
            (from, to) => from == to && from != Family::Alone,
        },
    }
}

/// Whether a date with time has a zone; `None`: it is none.
fn has_zone(sql_type: &SqlType) -> Option<bool> {
    match sql_type {
        SqlType::Timestamp | SqlType::Precise(Moment::Timestamp, _) => Some(false),
        SqlType::Timestamptz | SqlType::Precise(Moment::Timestamptz, _) => Some(true),
        _ => None,
    }
}

fn fail(message: &str) -> String {
    // A `%` stands for an argument in a format of RAISE.
    format!(
        "DO $metaxy$ BEGIN RAISE EXCEPTION {}; END $metaxy$;",
        DIALECT.quote_text(&message.replace('%', "%%"))
    )
}

const OFFLINE: Offline = Offline {
    client: "psql --set ON_ERROR_STOP=1 --file SCRIPT DATABASE",
    prepare: "",
    go_to: Some(namespace::go_to),
    begin: "BEGIN;",
    before_rebuild: "",
    check_rebuild: "",
    after_rebuild: "",
    only_if: Some(|condition, literal| {
        format!(
            "DO $metaxy_do$ BEGIN IF {condition} THEN EXECUTE {literal}; END IF; END $metaxy_do$;\n"
        )
    }),
};
