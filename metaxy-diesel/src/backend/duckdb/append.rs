//! DuckDB's appender, by which rows come into a table the fastest.

use crate::{
    backend::statement::Statement,
    rows::{Row, Value},
    schema::{Column, SqlType, TableName},
};
use diesel::{QueryResult, result::Error as DatabaseError};
use diesel_duckdb::{
    DuckDbBindValue, DuckDbConnection,
    duckdb::arrow::{
        array::RecordBatch,
        datatypes::{DataType, FieldRef},
    },
};
use serde::de::IgnoredAny;
use serde_json::Value as JsonValue;
use std::iter;

/// Appends rows of these columns to a table, as long as there are more.
pub(super) fn append(
    connection: &mut DuckDbConnection,
    table: &TableName,
    columns: &[Column],
    more: &mut dyn FnMut() -> Option<Vec<Row>>,
) -> QueryResult<()> {
    let types = types(connection, table, columns)?;
    let rows = iter::from_fn(more).flatten().map(|mut row| {
        let values = columns.iter().zip(&types).map(|(column, data_type)| {
            bound(row.take(&column.name).unwrap_or(Value::Null), column, data_type)
        });
        values.collect::<QueryResult<Vec<_>>>()
    });
    let path: Vec<&str> = table.schema.iter().chain([&table.name]).map(String::as_str).collect();
    let names: Vec<&str> = columns.iter().map(|it| it.name.as_str()).collect();
    connection.append_values(&path, &names, rows).map(|_| ())
}

/// What the columns are to DuckDB: versions by field are in one of several types.
fn types(
    connection: &mut DuckDbConnection,
    table: &TableName,
    columns: &[Column],
) -> QueryResult<Vec<DataType>> {
    let mut query = Statement::new("SELECT ");
    query.list(", ", columns, |out, it| _ = out.identifier(&it.name));
    query.sql(" FROM ").table(table).sql(" LIMIT 0");
    let batches = connection.load_arrow(&query)?;
    let schema = batches.first().map(RecordBatch::schema);
    let fields = schema.iter().flat_map(|it| it.fields().iter());
    Ok(fields.map(|it| it.data_type().clone()).collect())
}

/// A value as the appender takes it, which casts texts to the type of their column.
fn bound(
    value: Value,
    column: &Column,
    data_type: &DataType,
) -> QueryResult<DuckDbBindValue<'static>> {
    Ok(match value {
        Value::Null => None::<bool>.into(),
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(text) if column.sql_type == SqlType::Json => {
            // The appender takes any text for JSON.
            serde_json::from_str::<IgnoredAny>(&text).map_err(|error| {
                DatabaseError::SerializationError(
                    format!("column `{}` takes JSON: {error}", column.name).into(),
                )
            })?;
            text.into()
        }
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => bytes.into(),
        Value::Json(json) if data_type.is_nested() => literal(&json, data_type).into(),
        Value::Json(json) => json.to_string().into(),
        Value::Moment(moment) => (*moment).into(),
    })
}

/// JSON as the text that DuckDB casts to a LIST, STRUCT or MAP.
///
/// Source: <https://duckdb.org/docs/stable/sql/data_types/typecasting>. What is nested deeper is in quotes as well, as in
/// [`diesel_duckdb`].
fn literal(json: &JsonValue, data_type: &DataType) -> String {
    let part = |json: &JsonValue, field: Option<&FieldRef>| match (json, field) {
        (JsonValue::Null, _) => "NULL".to_owned(),
        (JsonValue::String(text), _) => quote(text),
        (json, Some(field)) if field.data_type().is_nested() => {
            quote(&literal(json, field.data_type()))
        }
        (JsonValue::Array(_) | JsonValue::Object(_), _) => quote(&json.to_string()),
        (json, _) => json.to_string(),
    };
    let joined = |parts: Vec<String>| parts.join(", ");
    match (json, data_type) {
        (
            JsonValue::Array(items),
            DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _),
        ) => format!("[{}]", joined(items.iter().map(|it| part(it, Some(of))).collect())),
        (JsonValue::Object(entries), DataType::Struct(fields)) => {
            let entries = entries.iter().map(|(name, value)| {
                let field = fields.iter().find(|it| it.name() == name);
                format!("{}: {}", quote(name), part(value, field))
            });
            format!("{{{}}}", joined(entries.collect()))
        }
        (JsonValue::Object(entries), DataType::Map(entry, _)) => {
            let of = match entry.data_type() {
                DataType::Struct(key_and_value) => key_and_value.last(),
                _ => None,
            };
            let entries = entries.iter().map(|(key, value)| quote(key) + "=" + &part(value, of));
            format!("{{{}}}", joined(entries.collect()))
        }
        // DuckDB says that it does not fit.
        (json, _) => json.to_string(),
    }
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::{super::DIALECT, *};
    use diesel::Connection as _;
    use serde_json::json;

    /// Goes into a column of this type and comes back as JSON.
    fn check(sql_type: &str, value: JsonValue) {
        let mut connection = DuckDbConnection::establish(":memory:").expect("opens");
        let table = TableName::new("t");
        let create = format!("CREATE TABLE t (c {sql_type})");
        diesel::connection::SimpleConnection::batch_execute(&mut connection, &create)
            .expect("creates");
        let columns = [Column::new("c", (DIALECT.parse_type)(sql_type))];
        let mut rows = Some(vec![Row::from([("c", value.clone())]), Row::default()]);
        append(&mut connection, &table, &columns, &mut || rows.take()).expect("appends");
        let query =
            Statement::new("SELECT CAST(CAST(c AS JSON) AS VARCHAR) AS c FROM t ORDER BY c");
        let read: Vec<Row> = diesel::RunQueryDsl::load(query, &mut connection).expect("loads");
        let read = read[0].text("c").map(serde_json::from_str::<JsonValue>);
        assert_eq!(read.expect("is there").expect("is JSON"), value, "{sql_type}");
    }

    #[test]
    fn json_goes_into_nested_types() {
        let odd = "a'b\\c\"d, {e}=[f]: é\n";
        check("MAP(VARCHAR, VARCHAR)", json!({"audio/x": odd, "": "", "NULL": "null", "no": null}));
        check("STRUCT(audio VARCHAR, \"fra mes\" VARCHAR)", json!({"audio": odd, "fra mes": "2"}));
        check("JSON", json!({"audio": [odd, 1.5, null, {}]}));
        check("VARCHAR[]", json!(["x", odd, null]));
        check("INTEGER[][]", json!([[1, 2], [], null]));
        check("MAP(VARCHAR, STRUCT(a INTEGER[], b VARCHAR))", json!({"k": {"a": [1], "b": odd}}));
    }
}
