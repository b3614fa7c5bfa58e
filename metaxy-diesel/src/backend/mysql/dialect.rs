use super::{identity, statements::statements, support, types};
use crate::{
    columns::ColumnRules,
    dialect::{AlterColumn, Dialect, DoneAlready, Enums, Online, Rebuild},
    offline::Offline,
    support::Support,
};

/// Of texts that name none.
const COLLATION: &str = "utf8mb4_0900_bin";

/// What is there already, and what is gone, in this order: databases, tables, columns, keys, primary keys, names of columns, of
/// keys, of tables, foreign keys and checks, triggers. MariaDB says of a foreign key only in the words of an error of many kinds that
/// it is there.
///
/// Source: <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>,
/// <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
pub(super) const DONE_ALREADY: DoneAlready = DoneAlready {
    numbers: &[
        1007, 1008, 1050, 1051, 1060, 1061, 1068, 1091, 1022, 1054, 1176, 1146, 1826, 3821, 3822,
        3940, 1359, 1360,
    ],
    words: &["errno: 121"],
};

/// What MySQL writes and can do.
///
/// Source: <https://dev.mysql.com/doc/refman/8.0/en/alter-table.html>,
/// <https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html>,
/// <https://dev.mysql.com/doc/refman/8.0/en/identifier-length.html>.
pub const DIALECT: Dialect = Dialect {
    name: "mysql",
    other_names: &[],
    title: "MySQL",
    identifier_quote: '`',
    // They count 64 characters. A name of 64 bytes is never longer.
    max_identifier_bytes: Some(64),
    backslash_escapes: true,
    statements,
    online: Online::Clauses,
    offline: OFFLINE,
    namespaces: None,
    distribution: None,
    type_name: |sql_type| types::type_name(sql_type, "MySQL"),
    literal_default: types::literal_default,
    key_limits: Some(types::KEY_LIMITS),
    stored_type: |sql_type| types::stored_type(sql_type, "MySQL"),
    parse_type: types::parse_type,
    diesel_type: |sql_type| types::diesel_type(sql_type, "MySQL", "Json"),
    diesel_max_length: true,
    transactional_ddl: false,
    done_already: DONE_ALREADY,
    // Texts are the same only where their bytes are, as on the other databases.
    table_options: " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
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
    rename_in_expressions: false,
    drop_column: true,
    alter_column: AlterColumn::Definition,
    columns: ColumnRules {
        no_virtual: None,
        stored: true,
        generated_not_null: true,
        generated_last: true,
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
    indexes: support::indexes(Support::Yes),
    constraints: support::CONSTRAINTS,
    rename_index: true,
    add_required_column: true,
    add_column_with_default: |_| true,
    fail: types::fail,
    rows: super::rows::ROWS,
};

/// What scripts may rely on, whatever the server's defaults: values that do not fit are refused, a double quote encloses a
/// text, and a backslash escapes.
pub(in crate::backend) const SQL_MODE: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
                                   ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';\n";

pub(super) const OFFLINE: Offline = Offline {
    client: "mariadb DATABASE < SCRIPT` or `mysql DATABASE < SCRIPT",
    prepare: SQL_MODE,
    go_to: None,
    begin: "",
    before_rebuild: "",
    check_rebuild: "",
    after_rebuild: "",
    only_if: Some(|condition, literal| {
        format!(
            "SET @metaxy_do = IF({condition}, {literal}, 'DO 0');\n\
             PREPARE metaxy_do FROM @metaxy_do;\nEXECUTE metaxy_do;\nDEALLOCATE PREPARE metaxy_do;\n"
        )
    }),
};
