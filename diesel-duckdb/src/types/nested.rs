//! LIST, MAP and STRUCT: read from Arrow's columns, and bound as a text that DuckDB casts to the type of its place.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;

use diesel::deserialize::{self, FromSql, Queryable};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Array;
use duckdb::arrow::array::{Array as _, StringArray};
use duckdb::arrow::datatypes::DataType;

use super::literal;
use crate::bind::{Bound, DuckDbBindValue, JsonList, bound_value};
use crate::sql_types::{Map, Struct};
use crate::{DuckDb, DuckDbValue};

/// Writes a value within another one.
fn write<T, U>(value: &U, text: &mut String) -> Result<(), Box<dyn Error + Send + Sync>>
where
    U: ToSql<T, DuckDb> + ?Sized,
{
    literal::write(&bound_value::<T, U>(value, &mut ())?, text)
}

fn read<T: FromSql<ST, DuckDb>, ST>(value: Option<DuckDbValue<'_>>) -> deserialize::Result<T> {
    T::from_nullable_sql(value)
}

impl<T, ST> ToSql<Array<ST>, DuckDb> for [T]
where
    T: ToSql<ST, DuckDb> + Debug,
    ST: 'static,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        let (mut text, mut json) = (String::from("["), None);
        for (index, element) in self.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            let value = bound_value::<ST, T>(element, &mut ())?;
            let part = match &value.0 {
                Bound::Json(part) => Some(part),
                Bound::JsonList(list) => Some(&list.statement),
                _ => None,
            };
            if let Some(part) = part {
                // What was before are NULLs, which are the same to both.
                let json = json.get_or_insert_with(|| text.clone());
                json.push_str(separator);
                json.push_str(part);
            } else if let Some(json) = &mut json {
                json.push_str(separator);
                literal::write(&value, json)?;
            }
            text.push_str(separator);
            literal::write(&value, &mut text)?;
        }
        text.push(']');
        out.set_value(DuckDbBindValue(match json {
            Some(json) => {
                Bound::JsonList(Box::new(JsonList { statement: json + "]", appender: text }))
            }
            None => Bound::Text(text),
        }));
        Ok(IsNull::No)
    }
}

impl<T, ST> ToSql<Array<ST>, DuckDb> for Vec<T>
where
    [T]: ToSql<Array<ST>, DuckDb>,
    T: Debug,
    ST: 'static,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        self.as_slice().to_sql(out)
    }
}

impl<T, ST> FromSql<Array<ST>, DuckDb> for Vec<T>
where
    T: FromSql<ST, DuckDb>,
{
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        value.elements()?.map(read).collect()
    }
}

fn write_map<'a, K, V, SK, SV>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
) -> Result<String, Box<dyn Error + Send + Sync>>
where
    K: ToSql<SK, DuckDb> + 'a,
    V: ToSql<SV, DuckDb> + 'a,
{
    let mut text = String::from("{");
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        write::<SK, K>(key, &mut text)?;
        text.push('=');
        write::<SV, V>(value, &mut text)?;
    }
    text.push('}');
    Ok(text)
}

/// The pairs of a MAP, or of a STRUCT with its names as keys.
fn read_map<K, V, SK, SV>(value: DuckDbValue<'_>) -> deserialize::Result<Vec<(K, V)>>
where
    K: FromSql<SK, DuckDb>,
    V: FromSql<SV, DuckDb>,
{
    if let DataType::Struct(fields) = value.data_type() {
        let names: StringArray = fields.iter().map(|field| Some(field.name())).collect();
        let names = (0..names.len()).map(|index| read::<K, SK>(DuckDbValue::at(&names, index)));
        return names
            .zip(value.fields()?)
            .map(|(name, (_, value))| Ok((name?, read(value)?)))
            .collect();
    }
    value.entries()?.map(|(key, value)| Ok((read(key)?, read(value)?))).collect()
}

impl<K, V, SK: 'static, SV: 'static> ToSql<Map<SK, SV>, DuckDb> for BTreeMap<K, V>
where
    K: ToSql<SK, DuckDb> + Debug,
    V: ToSql<SV, DuckDb> + Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(write_map(self.iter())?);
        Ok(IsNull::No)
    }
}

impl<K, V, SK: 'static, SV: 'static> ToSql<Map<SK, SV>, DuckDb> for Vec<(K, V)>
where
    K: ToSql<SK, DuckDb> + Debug,
    V: ToSql<SV, DuckDb> + Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
        out.set_value(write_map(self.iter().map(|(key, value)| (key, value)))?);
        Ok(IsNull::No)
    }
}

impl<K, V, SK: 'static, SV: 'static> FromSql<Map<SK, SV>, DuckDb> for BTreeMap<K, V>
where
    K: FromSql<SK, DuckDb> + Ord,
    V: FromSql<SV, DuckDb>,
{
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        Ok(read_map(value)?.into_iter().collect())
    }
}

impl<K, V, SK: 'static, SV: 'static> FromSql<Map<SK, SV>, DuckDb> for Vec<(K, V)>
where
    K: FromSql<SK, DuckDb>,
    V: FromSql<SV, DuckDb>,
{
    fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
        read_map(value)
    }
}

impl<K, V, SK: 'static, SV: 'static> Queryable<Map<SK, SV>, DuckDb> for BTreeMap<K, V>
where
    Self: FromSql<Map<SK, SV>, DuckDb>,
{
    type Row = Self;

    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}

macro_rules! structs {
    ($([$(($T:ident $ST:ident $index:tt))+])+) => {
        $(
            impl<$($T, $ST: 'static),+> ToSql<Struct<($($ST,)+)>, DuckDb> for ($($T,)+)
            where
                $($T: ToSql<$ST, DuckDb> + Debug,)+
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
                    let mut text = String::from("(");
                    $(
                        if $index > 0 {
                            text.push_str(", ");
                        }
                        write::<$ST, $T>(&self.$index, &mut text)?;
                    )+
                    text.push(')');
                    out.set_value(text);
                    Ok(IsNull::No)
                }
            }

            impl<$($T, $ST: 'static),+> FromSql<Struct<($($ST,)+)>, DuckDb> for ($($T,)+)
            where
                $($T: FromSql<$ST, DuckDb>,)+
            {
                fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
                    let count = [$($index),+].len();
                    let fields: Vec<_> = value.fields()?.map(|(_, value)| value).collect();
                    if fields.len() != count {
                        return Err(format!("a struct of {} fields is no tuple of {count}", fields.len()).into());
                    }
                    Ok(($(read::<$T, $ST>(fields[$index])?,)+))
                }
            }

            impl<$($T, $ST: 'static),+> Queryable<Struct<($($ST,)+)>, DuckDb> for ($($T,)+)
            where
                Self: FromSql<Struct<($($ST,)+)>, DuckDb>,
            {
                type Row = Self;

                fn build(row: Self) -> deserialize::Result<Self> {
                    Ok(row)
                }
            }
        )+
    };
}

structs! {
    [(A SA 0)]
    [(A SA 0) (B SB 1)]
    [(A SA 0) (B SB 1) (C SC 2)]
    [(A SA 0) (B SB 1) (C SC 2) (D SD 3)]
    [(A SA 0) (B SB 1) (C SC 2) (D SD 3) (E SE 4)]
    [(A SA 0) (B SB 1) (C SC 2) (D SD 3) (E SE 4) (F SF 5)]
    [(A SA 0) (B SB 1) (C SC 2) (D SD 3) (E SE 4) (F SF 5) (G SG 6)]
    [(A SA 0) (B SB 1) (C SC 2) (D SD 3) (E SE 4) (F SF 5) (G SG 6) (H SH 7)]
}
