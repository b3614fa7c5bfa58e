use super::types::{cast, diesel_type, parse_type, stored_type, type_name};
use crate::{
    backend::postgres::statements,
    columns::{ColumnRules, Comments, IdentityKey, IdentityRules},
    dialect::{AlterColumn, Dialect, DoneAlready, Enums, Online, Rebuild},
    offline::Offline,
    schema::{DefaultValue, Table, TableName},
    support::{ConstraintSupport, IndexSupport, Methods, Support},
};

/// What DuckDB 1.5 writes and can do.
///
/// Nearly no column can be changed where the table has an index or a foreign key refers to it, and no constraint anywhere:
/// the table is built anew, with those that refer to it. Not even a default that is an expression is set in place: after
/// `ADD COLUMN a TIMESTAMP DEFAULT CURRENT_TIMESTAMP` DuckDB 1.5.6 cannot read its own log, and a process that is killed
/// then leaves a file that nobody can open.
///
/// Source: <https://duckdb.org/docs/stable/sql/statements/alter_table>, <https://duckdb.org/docs/stable/sql/constraints>,
/// <https://duckdb.org/docs/stable/sql/indexes>.
pub const DIALECT: Dialect = Dialect {
    name: "duckdb",
    other_names: &[],
    title: "DuckDB",
    identifier_quote: '"',
    max_identifier_bytes: None,
    backslash_escapes: false,
    // Its parser is PostgreSQL's.
    statements,
    online: Online::No,
    offline: OFFLINE,
    // It has some, and one is enough for a file.
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
    done_already: DoneAlready { numbers: &[], words: &["already exists", "does not exist"] },
    table_options: "",
    constraint_names: false,
    primary_key_names: false,
    primary_keys_forbid_null: true,
    rename_constraint: false,
    unique_constraints: true,
    restrict_is_no_action: true,
    foreign_key_indexes: false,
    foreign_key_order: true,
    forward_references: false,
    alter_primary_key: false,
    table_owns_indexes: false,
    alter_constraints: false,
    expressions_keep_types: false,
    rename: false,
    rename_in_expressions: true,
    drop_column: false,
    alter_column: AlterColumn::Rebuild,
    columns: ColumnRules {
        no_virtual: None,
        stored: false,
        generated_not_null: false,
        generated_last: false,
        add_virtual: false,
        add_stored: false,
        reads_numbers: true,
        identity: IDENTITY,
        // Names of collations know no case.
        stored_collation: |name| Some(name.to_ascii_uppercase()).filter(|it| it != "BINARY"),
        comments: Comments::Statements,
    },
    cast,
    enums: Enums::Inline,
    rebuild: Rebuild::Copied { guard },
    indexes: INDEXES,
    constraints: CONSTRAINTS,
    rename_index: false,
    add_required_column: false,
    // It keeps a boolean as a cast, which is an expression: two such changes of a table in one transaction fail at its commit.
    add_column_with_default: |it| {
        !matches!(it, DefaultValue::Expression(_) | DefaultValue::Bool(_))
    },
    fail: |message| format!("SELECT error({});", DIALECT.quote_text(message)),
    rows: super::rows::ROWS,
};

/// Source: <https://duckdb.org/docs/stable/clients/cli/arguments>.
const OFFLINE: Offline = Offline {
    client: "duckdb -bail DATABASE < SCRIPT",
    prepare: "",
    go_to: None,
    begin: "BEGIN;",
    before_rebuild: "",
    check_rebuild: "",
    after_rebuild: "",
    only_if: None,
};

/// It has none. A default that reads a sequence does the same.
const IDENTITY: IdentityRules = IdentityRules {
    definition: |_, _| None,
    serial: false,
    key: IdentityKey::None,
    stored_type: None,
    statements: None,
};

const INDEXES: IndexSupport = IndexSupport {
    partial: Support::No { instead: "index all rows" },
    expressions: Support::Yes,
    nulls: Support::No { instead: "leave it out: its indexes have no order" },
    nulls_are_largest: false,
    descending: false,
    prefixes: Support::No { instead: "index an expression, `left(column, 255)`" },
    collations: Support::No { instead: "index an expression, `column COLLATE nocase`" },
    operator_classes: Support::No { instead: "leave it out" },
    include: Support::No { instead: "make them the last keys, or leave them out" },
    nulls_not_distinct: Support::No { instead: "make the columns not nullable" },
    methods: Methods::Words(&[]),
};

const CONSTRAINTS: ConstraintSupport = ConstraintSupport {
    deferrable_uniques: Support::No { instead: "leave it out: they hold at all times" },
    deferrable_foreign_keys: Support::No { instead: "leave it out: they hold at all times" },
    alter_deferrable: false,
    match_full: Support::No { instead: "check that all of its columns are NULL or none" },
    set_default: Support::Yes,
    actions_fit: false,
    foreign_key_actions: Support::No { instead: "delete the rows that refer to it before" },
    foreign_keys_to_indexes: Support::No { instead: "make it a unique constraint" },
    foreign_keys_to_collations: Support::Yes,
    foreign_keys_in_circles: Support::No { instead: "leave one of them out" },
    on_generated: Support::No { instead: "write the expression in its place" },
};

/// Fails where a table has columns or indexes that nobody told us of, and where its rows refer to each other: DuckDB takes
/// such rows one by one only.
fn guard(table: &Table) -> Vec<String> {
    let known = (table.columns.iter().map(|it| format!("column {}", it.name)))
        .chain(table.indexes.iter().map(|it| format!("index {}", it.name)));
    let known: Vec<_> = known.map(|it| DIALECT.quote_text(&it.to_lowercase())).collect();
    let TableName { schema, name } = &table.name;
    let schema = schema.as_ref().map(|it| DIALECT.quote_text(it));
    // A name that cannot be is refused where the table is created.
    let Ok(quoted) = DIALECT.quote_table(&table.name) else { return Vec::new() };
    // Its columns are asked of the table: `duckdb_columns()` walks those of all tables, and there is a guard for each.
    let lost = format!(
        "-- Fails where that would lose what metaxy does not know of.
SELECT error({} || what) FROM (
    SELECT 'column ' || column_name AS what FROM (DESCRIBE {quoted})
    UNION ALL SELECT 'index ' || index_name FROM duckdb_indexes() WHERE database_name = current_database()
        AND schema_name = {} AND lower(table_name) = {}
) WHERE lower(what) NOT IN ({});",
        DIALECT.quote_text(&format!("building {} anew would lose ", table.name)),
        schema.as_deref().unwrap_or("current_schema()"),
        DIALECT.quote_text(&name.to_lowercase()),
        known.join(", "),
    );
    let own = table.foreign_keys.iter().filter(|it| it.references == table.name);
    let rows = own.filter_map(|key| {
        let columns: Result<Vec<_>, _> =
            key.columns.iter().map(|it| DIALECT.quote_identifier(it)).collect();
        let filled: Vec<_> =
            columns.ok()?.iter().map(|it| format!("{it} IS NOT NULL")).collect();
        let message = DIALECT.quote_text(&format!(
            "DuckDB cannot build {} anew while its rows refer to each other: set these references to NULL before",
            table.name
        ));
        Some(format!("SELECT error({message}) FROM {quoted} WHERE {} LIMIT 1;", filled.join(" AND ")))
    });
    std::iter::once(lost).chain(rows).collect()
}
