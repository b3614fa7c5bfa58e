//! The SQL of indexes.

use super::{About, Rendered};
use crate::{
    dialect::{Dialect, IdentifierError},
    schema::{Index, IndexKey, KeyPart, Nulls, TableName},
    support::Methods,
};

/// `INDEX "name" (key, …)`, within its table.
pub(super) fn index(dialect: &Dialect, table: &TableName, index: &Index) -> Rendered {
    write(dialect, index, "").about(table)
}

/// `CREATE INDEX …`.
pub(crate) fn create_index(dialect: &Dialect, table: &TableName, index: &Index) -> Rendered {
    let on = format!(" ON {}", dialect.quote_table(table).about(table)?);
    Ok(format!("CREATE {};", write(dialect, index, &on).about(table)?))
}

/// `DROP INDEX …`. An index lives in its table, or in the namespace of its table.
pub(crate) fn drop_index(dialect: &Dialect, table: &TableName, index: &Index) -> Rendered {
    if dialect.table_owns_indexes {
        let name = dialect.quote_identifier(&index.name).about(table)?;
        return Ok(format!("DROP INDEX {name} ON {};", dialect.quote_table(table).about(table)?));
    }
    Ok(format!("DROP INDEX {};", index_name(dialect, table, &index.name)?))
}

/// The name of an index, qualified as its table is.
pub(crate) fn index_name(dialect: &Dialect, table: &TableName, index: &str) -> Rendered {
    let name = TableName { schema: table.schema.clone(), name: index.to_owned() };
    dialect.quote_table(&name).about(table)
}

/// `UNIQUE INDEX "name" ON "table" USING method (key, …) INCLUDE ("column") WHERE …`.
fn write(dialect: &Dialect, index: &Index, on: &str) -> Result<String, IdentifierError> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let (word, using) = match (&index.method, dialect.indexes.methods) {
        (None, _) => (String::new(), String::new()),
        (Some(method), Methods::Using) => {
            (String::new(), format!(" USING {}", dialect.quote_identifier(method)?))
        }
        (Some(method), Methods::Words(_)) => (format!("{} ", method.to_uppercase()), String::new()),
    };
    let name = dialect.quote_identifier(&index.name)?;
    let keys: Result<Vec<_>, _> = index.keys.iter().map(|it| key(dialect, it)).collect();
    let mut sql = format!("{unique}{word}INDEX {name}{on}{using} ({})", keys?.join(", "));
    if !index.include.is_empty() {
        sql += &format!(" INCLUDE {}", dialect.quote_columns(&index.include)?);
    }
    if index.nulls_not_distinct {
        sql += " NULLS NOT DISTINCT";
    }
    if let Some(predicate) = &index.predicate {
        sql += &format!(" WHERE {predicate}");
    }
    Ok(sql)
}

/// `"column"(255) COLLATE "name" operator_class DESC NULLS FIRST`.
fn key(dialect: &Dialect, key: &IndexKey) -> Result<String, IdentifierError> {
    let mut sql = match &key.part {
        KeyPart::Column(name) => dialect.quote_identifier(name)?,
        KeyPart::Expression(expression) => format!("({expression})"),
    };
    if let Some(prefix) = key.prefix {
        sql += &format!("({prefix})");
    }
    if let Some(collation) = &key.collation {
        sql += &format!(" COLLATE {}", dialect.quote_identifier(collation)?);
    }
    if let Some(class) = &key.operator_class {
        sql += &format!(" {}", dialect.quote_identifier(class)?);
    }
    if key.descending {
        sql += " DESC";
    }
    match key.nulls {
        None => {}
        Some(Nulls::First) => sql += " NULLS FIRST",
        Some(Nulls::Last) => sql += " NULLS LAST",
    }
    Ok(sql)
}
