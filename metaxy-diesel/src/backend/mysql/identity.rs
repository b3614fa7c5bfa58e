//! How MySQL and MariaDB number rows.
//!
//! Source: <https://dev.mysql.com/doc/refman/8.0/en/example-auto-increment.html>, <https://mariadb.com/kb/en/auto_increment/>.

use super::types::type_name;
use crate::{
    columns::{IdentityKey, IdentityRules, IdentityStatements, Numbered},
    schema::{Identity, SqlType},
};

/// One column of a table, which a key or index begins with.
pub(super) const RULES: IdentityRules = IdentityRules {
    definition,
    serial: false,
    key: IdentityKey::Leading,
    stored_type: None,
    statements: Some(IdentityStatements {
        add,
        drop: |column| vec![modify(column)],
        change: |column, _| vec![modify(column)],
        retype: |_| Vec::new(),
    }),
};

fn definition(identity: Identity, sql_type: &SqlType) -> Option<(String, &'static str)> {
    use SqlType::{BigInt, Integer, SmallInt, TinyInt, Unsigned};
    let numbers = matches!(sql_type, TinyInt | SmallInt | Integer | BigInt | Unsigned(_));
    let name = type_name(sql_type, "MySQL").ok()?;
    (numbers && identity == Identity::ByDefault).then_some((name, "AUTO_INCREMENT"))
}

/// A row of the number 0 would get another one: <https://dev.mysql.com/doc/refman/8.0/en/sql-mode.html>.
fn add(column: &Numbered<'_>) -> Vec<String> {
    vec![
        "SET @metaxy_sql_mode = @@sql_mode, sql_mode = concat(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO');"
            .to_owned(),
        modify(column),
        "SET sql_mode = @metaxy_sql_mode;".to_owned(),
    ]
}

fn modify(column: &Numbered<'_>) -> String {
    format!("ALTER TABLE {} MODIFY COLUMN {};", column.table, column.definition)
}
