use diesel::deserialize::{self, FromSqlRef};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, Text};

use crate::{DuckDb, DuckDbValue};

impl ToSql<Text, DuckDb> for str {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(self);
        Ok(IsNull::No)
    }
}

/// Of a `VARCHAR`, and of an `ENUM`, a `UUID` and a `JSON`.
impl<'a> FromSqlRef<'a, Text, DuckDb> for &'a str {
    fn from_sql(value: &'a mut DuckDbValue<'_>) -> deserialize::Result<Self> {
        value.text()
    }
}

impl ToSql<Binary, DuckDb> for [u8] {
    #[inline]
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(self);
        Ok(IsNull::No)
    }
}

impl<'a> FromSqlRef<'a, Binary, DuckDb> for &'a [u8] {
    fn from_sql(value: &'a mut DuckDbValue<'_>) -> deserialize::Result<Self> {
        value.bytes()
    }
}
