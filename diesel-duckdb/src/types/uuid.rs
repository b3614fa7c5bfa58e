use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Uuid;
use duckdb::arrow::datatypes::DataType;

use crate::{DuckDb, DuckDbValue};

impl ToSql<Uuid, DuckDb> for uuid::Uuid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Uuid, DuckDb> for uuid::Uuid {
    /// As bytes where `SET arrow_lossless_conversion = true`, and else as text.
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        match value.data_type() {
            DataType::FixedSizeBinary(16) => Ok(Self::from_slice(value.bytes()?)?),
            _ => Ok(Self::parse_str(value.text()?)?),
        }
    }
}
