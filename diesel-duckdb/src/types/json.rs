use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Json;

use crate::bind::{Bound, DuckDbBindValue};
use crate::{DuckDb, DuckDbValue};

/// Within a LIST, NULL is JSON's `null`: DuckDB casts the whole list from JSON.
impl ToSql<Json, DuckDb> for serde_json::Value {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(DuckDbBindValue(Bound::Json(serde_json::to_string(self)?)));
        Ok(IsNull::No)
    }
}

impl FromSql<Json, DuckDb> for serde_json::Value {
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_str(value.text()?)?)
    }
}
