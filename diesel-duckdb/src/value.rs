use diesel::deserialize;
use duckdb::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, OffsetSizeTrait, PrimitiveArray,
    cast::as_primitive_array,
};
use duckdb::arrow::datatypes::{
    ArrowDictionaryKeyType, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

/// A value of a result that is not NULL: a place in a column as Arrow has it.
///
/// Implementations of [`FromSql`](diesel::deserialize::FromSql) take it apart.
#[derive(Debug, Clone, Copy)]
pub struct DuckDbValue<'a> {
    array: &'a dyn Array,
    row: usize,
}

impl<'a> DuckDbValue<'a> {
    /// The value of a row of a column, or none where it is NULL.
    pub(crate) fn at(array: &'a dyn Array, row: usize) -> Option<Self> {
        // A bare NULL is of a type of its own to DuckDB 2, and Arrow has no mark for each of those.
        let is_null = array.is_null(row) || *array.data_type() == DataType::Null;
        (!is_null).then_some(Self { array, row })
    }

    /// The type that Arrow has for the column.
    pub fn data_type(&self) -> &'a DataType {
        self.array.data_type()
    }

    /// The value of an Arrow column of a primitive type.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn primitive<T: ArrowPrimitiveType>(&self) -> deserialize::Result<T::Native> {
        self.array
            .as_primitive_opt::<T>()
            .map(|array| array.value(self.row))
            .ok_or_else(|| self.is_not(T::DATA_TYPE))
    }

    /// The value of a column of any integer type up to `HUGEINT`, since DuckDB widens them: `sum` of an `INTEGER` is
    /// a `HUGEINT`.
    pub(crate) fn integer(&self) -> deserialize::Result<i128> {
        Ok(match self.data_type() {
            DataType::Int8 => self.primitive::<Int8Type>()?.into(),
            DataType::Int16 => self.primitive::<Int16Type>()?.into(),
            DataType::Int32 => self.primitive::<Int32Type>()?.into(),
            DataType::Int64 => self.primitive::<Int64Type>()?.into(),
            DataType::UInt8 => self.primitive::<UInt8Type>()?.into(),
            DataType::UInt16 => self.primitive::<UInt16Type>()?.into(),
            DataType::UInt32 => self.primitive::<UInt32Type>()?.into(),
            DataType::UInt64 => self.primitive::<UInt64Type>()?.into(),
            DataType::Decimal128(_, 0) => self.primitive_as::<Decimal128Type>(),
            _ => return Err(self.is_not("an integer")),
        })
    }

    /// The value of a `FLOAT` or `DOUBLE`.
    pub(crate) fn float(&self) -> deserialize::Result<f64> {
        match self.data_type() {
            DataType::Float32 => Ok(self.primitive::<Float32Type>()?.into()),
            DataType::Float64 => self.primitive::<Float64Type>(),
            _ => Err(self.is_not("a floating point number")),
        }
    }

    /// The digits of a `DECIMAL`, and how many of them are behind the point.
    pub fn decimal(&self) -> deserialize::Result<(i128, i8)> {
        match self.data_type() {
            DataType::Decimal128(_, scale) => Ok((self.primitive_as::<Decimal128Type>(), *scale)),
            _ => Ok((self.integer()?, 0)),
        }
    }

    /// The text of a `VARCHAR`, `JSON`, `UUID` or `ENUM`.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn text(&self) -> deserialize::Result<&'a str> {
        let text = match self.data_type() {
            DataType::Utf8 => self.array.as_string_opt::<i32>().map(|array| array.value(self.row)),
            DataType::LargeUtf8 => {
                self.array.as_string_opt::<i64>().map(|array| array.value(self.row))
            }
            DataType::Utf8View => {
                self.array.as_string_view_opt().map(|array| array.value(self.row))
            }
            DataType::Dictionary(..) => self.label(),
            _ => None,
        };
        text.ok_or_else(|| self.is_not("a text"))
    }

    /// The bytes of a `BLOB`.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn bytes(&self) -> deserialize::Result<&'a [u8]> {
        let bytes = match self.data_type() {
            DataType::Binary => {
                self.array.as_binary_opt::<i32>().map(|array| array.value(self.row))
            }
            DataType::LargeBinary => {
                self.array.as_binary_opt::<i64>().map(|array| array.value(self.row))
            }
            DataType::BinaryView => {
                self.array.as_binary_view_opt().map(|array| array.value(self.row))
            }
            DataType::FixedSizeBinary(_) => {
                self.array.as_fixed_size_binary_opt().map(|array| array.value(self.row))
            }
            _ => None,
        };
        bytes.ok_or_else(|| self.is_not("a blob"))
    }

    pub(crate) fn boolean(&self) -> deserialize::Result<bool> {
        self.array
            .as_boolean_opt()
            .map(|array| array.value(self.row))
            .ok_or_else(|| self.is_not("a boolean"))
    }

    /// The elements of a `LIST` or `ARRAY`, each none where it is NULL.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn elements(
        &self,
    ) -> deserialize::Result<impl Iterator<Item = Option<DuckDbValue<'a>>> + use<'a>> {
        let (values, rows): (&'a ArrayRef, _) = match self.data_type() {
            DataType::List(_) => {
                let list = self.array.as_list::<i32>();
                (list.values(), offsets(list.value_offsets(), self.row))
            }
            DataType::LargeList(_) => {
                let list = self.array.as_list::<i64>();
                (list.values(), offsets(list.value_offsets(), self.row))
            }
            DataType::FixedSizeList(..) => {
                let list = self.array.as_fixed_size_list();
                let length = usize::try_from(list.value_length())?;
                (list.values(), self.row * length..(self.row + 1) * length)
            }
            _ => return Err(self.is_not("a list")),
        };
        Ok(rows.map(move |row| DuckDbValue::at(values, row)))
    }

    /// The keys and values of a `MAP`.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn entries(
        &self,
    ) -> deserialize::Result<
        impl Iterator<Item = (Option<DuckDbValue<'a>>, Option<DuckDbValue<'a>>)> + use<'a>,
    > {
        let map = self.array.as_map_opt().ok_or_else(|| self.is_not("a map"))?;
        let rows = offsets(map.value_offsets(), self.row);
        Ok(rows.map(|row| (DuckDbValue::at(map.keys(), row), DuckDbValue::at(map.values(), row))))
    }

    /// The names and values of a `STRUCT`, in its order.
    ///
    /// # Errors
    ///
    /// Where the column has another type.
    pub fn fields(
        &self,
    ) -> deserialize::Result<impl Iterator<Item = (&'a str, Option<DuckDbValue<'a>>)> + use<'a>>
    {
        let fields = self.array.as_struct_opt().ok_or_else(|| self.is_not("a struct"))?;
        let row = self.row;
        let values = fields.columns().iter().map(move |column| DuckDbValue::at(column, row));
        Ok(fields.fields().iter().map(|field| field.name().as_str()).zip(values))
    }

    /// The value of a column whose type was just looked at.
    pub(crate) fn primitive_as<T: ArrowPrimitiveType>(&self) -> T::Native {
        let array: &PrimitiveArray<T> = as_primitive_array(self.array);
        array.value(self.row)
    }

    /// The text of an `ENUM`, whose keys are as wide as its labels are many.
    fn label(&self) -> Option<&'a str> {
        fn of<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize) -> Option<&str> {
            let array = array.as_dictionary_opt::<K>()?;
            Some(array.values().as_string_opt::<i32>()?.value(array.key(row)?))
        }
        of::<UInt8Type>(self.array, self.row)
            .or_else(|| of::<UInt16Type>(self.array, self.row))
            .or_else(|| of::<UInt32Type>(self.array, self.row))
    }

    pub(crate) fn is_not(
        &self,
        wanted: impl std::fmt::Display,
    ) -> Box<dyn std::error::Error + Send + Sync> {
        format!(
            "the value is of DuckDB's type {} (in Arrow's words), not {wanted}",
            self.data_type()
        )
        .into()
    }
}

fn offsets<T: OffsetSizeTrait>(offsets: &[T], row: usize) -> std::ops::Range<usize> {
    offsets[row].as_usize()..offsets[row + 1].as_usize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use duckdb::arrow::array::{Int32Array, NullArray};

    #[test]
    fn nulls_of_any_type_are_none() {
        let numbers = Int32Array::from(vec![Some(1), None]);
        assert!(DuckDbValue::at(&numbers, 0).is_some());
        assert!(DuckDbValue::at(&numbers, 1).is_none());
        assert!(DuckDbValue::at(&NullArray::new(1), 0).is_none());
    }
}
