use super::{
    dialect::{DONE_ALREADY, OFFLINE},
    identity,
    statements::statements,
    support, types,
};
use crate::{
    columns::ColumnRules,
    dialect::{AlterColumn, Dialect, Enums, Online, Rebuild},
    support::Support,
};

/// Of texts that name none.
const COLLATION: &str = "utf8mb4_nopad_bin";

/// What MariaDB writes and can do.
///
/// Source: <https://mariadb.com/kb/en/alter-table/>, <https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/>,
/// <https://mariadb.com/kb/en/identifier-names/>.
pub const DIALECT: Dialect = Dialect {
    name: "mariadb",
    other_names: &[],
    title: "MariaDB",
    identifier_quote: '`',
    // They count 64 characters. A name of 64 bytes is never longer.
    max_identifier_bytes: Some(64),
    backslash_escapes: true,
    statements,
    online: Online::Clauses,
    offline: OFFLINE,
    namespaces: None,
    distribution: None,
    type_name: |sql_type| types::type_name(sql_type, "MariaDB"),
    literal_default: types::literal_default,
    key_limits: Some(types::KEY_LIMITS),
    stored_type: |sql_type| types::stored_type(sql_type, "MariaDB"),
    parse_type: types::parse_type,
    // JSON is a text with a check.
    diesel_type: |sql_type| types::diesel_type(sql_type, "MariaDB", "Longtext"),
    diesel_max_length: true,
    transactional_ddl: false,
    done_already: DONE_ALREADY,
    // Texts are the same only where their bytes are, as on the other databases.
    table_options: " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
    constraint_names: true,
    primary_key_names: false,
    primary_keys_forbid_null: true,
    rename_constraint: false,
    unique_constraints: false,
    restrict_is_no_action: true,
    foreign_key_indexes: true,
    foreign_key_order: true,
    forward_references: false,
    alter_primary_key: true,
    alter_constraints: true,
    expressions_keep_types: false,
    rename: true,
    rename_in_expressions: true,
    drop_column: true,
    alter_column: AlterColumn::Definition,
    columns: ColumnRules {
        no_virtual: None,
        stored: true,
        generated_not_null: false,
        generated_last: false,
        add_virtual: true,
        add_stored: true,
        reads_numbers: false,
        identity: identity::RULES,
        stored_collation: |name| types::stored_collation(name, COLLATION),
        comments: types::COMMENTS,
    },
    // The database converts values by itself.
    cast: |expression, _, _| expression.to_owned(),
    enums: Enums::Inline,
    rebuild: Rebuild::Never,
    table_owns_indexes: true,
    indexes: support::indexes(Support::No {
        instead: "add a generated column of it, and index that",
    }),
    constraints: support::CONSTRAINTS,
    rename_index: true,
    add_required_column: true,
    add_column_with_default: |_| true,
    fail: types::fail,
    rows: super::rows::MARIADB_ROWS,
};
