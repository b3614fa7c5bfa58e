//! How MySQL and MariaDB number rows.
//!
//! Source: <https://dev.mysql.com/doc/refman/8.0/en/example-auto-increment.html>, <https://mariadb.com/kb/en/auto_increment/>.

use super::types::type_name;
use crate::{
    columns::{IdentityKey, IdentityRules, IdentityStatements, Numbered},
    schema::{Identity, SqlType},
};

/// The index that a numbered column has between two keys.
const HOLD: &str = "metaxy_numbers";

/// One column of a table, which a key or index begins with.
pub(super) const RULES: IdentityRules = IdentityRules {
    definition,
    serial: false,
    key: IdentityKey::Leading,
    stored_type: None,
    statements: Some(IdentityStatements {
        add,
        created: |_| Vec::new(),
        drop: |column| vec![modify(column)],
        change: |column, _| vec![modify(column)],
        retype: |_| Vec::new(),
        hold,
    }),
};

/// It begins with 1, and the server says by how much it goes on.
fn definition(identity: Identity, sql_type: &SqlType) -> Option<(String, String)> {
    use SqlType::{BigInt, Integer, SmallInt, TinyInt, Unsigned};
    let numbers = matches!(sql_type, TinyInt | SmallInt | Integer | BigInt | Unsigned(_));
    let name = type_name(sql_type, "MySQL").ok()?;
    let is_known = numbers && identity == Identity::BY_DEFAULT;
    is_known.then(|| (name, "AUTO_INCREMENT".to_owned()))
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

/// By an index of its own.
fn hold(column: &Numbered<'_>) -> [Vec<String>; 2] {
    let Numbered { table, column, .. } = column;
    [
        vec![format!("ALTER TABLE {table} ADD INDEX `{HOLD}` ({column});")],
        vec![format!("ALTER TABLE {table} DROP INDEX `{HOLD}`;")],
    ]
}

fn modify(column: &Numbered<'_>) -> String {
    format!("ALTER TABLE {} MODIFY COLUMN {};", column.table, column.definition)
}
