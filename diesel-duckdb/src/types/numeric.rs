use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, ToPrimitive as _};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Numeric;
use duckdb::arrow::datatypes::DataType;
use duckdb::types::Decimal;

use crate::{DuckDb, DuckDbValue};

impl ToSql<Numeric, DuckDb> for BigDecimal {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        let unfit = || format!("{self} does not fit a DECIMAL, which has up to 38 digits");
        // A DECIMAL has as many digits as there are behind the point, or more, and no negative scale.
        let number = if self.fractional_digit_count() < 0 { &self.with_scale(0) } else { self };
        let (digits, scale) = number.as_bigint_and_exponent();
        let scale = u8::try_from(scale).map_err(|_| unfit())?;
        let value = digits.to_i128().ok_or_else(unfit)?;
        out.set_value(Decimal::new(Decimal::MAX_WIDTH, scale, value).map_err(|_| unfit())?);
        Ok(IsNull::No)
    }
}

impl FromSql<Numeric, DuckDb> for BigDecimal {
    /// Of integers and floating point numbers too: Diesel has this type for the sums of the ones and for averages,
    /// which are both to DuckDB.
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        match value.data_type() {
            DataType::Float32 | DataType::Float64 => Ok(BigDecimal::try_from(value.float()?)?),
            _ => {
                let (digits, scale) = value.decimal()?;
                Ok(BigDecimal::new(BigInt::from(digits), scale.into()))
            }
        }
    }
}
