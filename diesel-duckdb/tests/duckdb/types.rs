//! Every type goes in by the DSL and comes out equal, also as NULL, as the element of a list, and by the appender.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use diesel::data_types::PgInterval;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Date, Double, Integer, Interval, Json, Nullable, Numeric, Text, Time, Timestamp,
    TinyInt,
};
use diesel_duckdb::sql_types::{HugeInt, Map, Struct, TimestampNs, UHugeInt};
use diesel_duckdb::{As, DuckDbConnection};
use proptest::prelude::*;

use crate::{database, run};

/// A table of one type: its name and columns, the SQL type, the type of Rust that is written, and the one that is read.
macro_rules! types {
    ($($name:ident: $ddl:literal, $sql:ty, $write:ty, $read:ty, $wrap:expr, $strategy:expr;)+) => {
        $(mod $name {
            use super::*;

            diesel::table! {
                use diesel::sql_types::*;
                use diesel_duckdb::sql_types::*;
                values (id) {
                    id -> Integer,
                    one -> $sql,
                    maybe -> Nullable<$sql>,
                    many -> Array<Nullable<$sql>>,
                }
            }

            #[derive(Debug, Clone, Insertable)]
            #[diesel(table_name = values, treat_none_as_default_value = false)]
            struct Row {
                id: i32,
                one: $write,
                maybe: Option<$write>,
                many: Vec<Option<$write>>,
            }

            fn connect() -> DuckDbConnection {
                database(concat!(
                    "CREATE TABLE values (id INTEGER, one ", $ddl, ", maybe ", $ddl, ", many ", $ddl, "[])"
                ))
            }

            #[test]
            fn goes_in_and_comes_out() {
                let connection = std::cell::RefCell::new(connect());
                let wrap: fn($read) -> $write = $wrap;
                proptest!(ProptestConfig::with_cases(64), |(
                    one in $strategy,
                    maybe in proptest::option::of($strategy),
                    many in proptest::collection::vec(proptest::option::of($strategy), 0..4),
                )| {
                    let connection = &mut *connection.borrow_mut();
                    let row = |id| Row {
                        id,
                        one: wrap(one.clone()),
                        maybe: maybe.clone().map(wrap),
                        many: many.iter().cloned().map(|value| value.map(wrap)).collect(),
                    };
                    run(connection, "DELETE FROM values").unwrap();
                    diesel::insert_into(values::table).values(row(1)).execute(connection).unwrap();
                    connection.append(values::table, [row(2)]).unwrap();
                    let expected = (one.clone(), maybe.clone(), many.clone());
                    let read: Vec<($read, Option<$read>, Vec<Option<$read>>)> = values::table
                        .select((values::one, values::maybe, values::many))
                        .order(values::id)
                        .load(connection)
                        .unwrap();
                    prop_assert_eq!(&read, &[expected.clone(), expected]);
                    let found: i64 = values::table
                        .filter(values::one.eq(wrap(one.clone())))
                        .count()
                        .get_result(connection)
                        .unwrap();
                    prop_assert_eq!(found, 2, "{:?} is equal to itself", one);
                });
            }
        })+
    };
}

types! {
    boolean: "BOOLEAN", Bool, bool, bool, |v| v, any::<bool>();
    tinyint: "TINYINT", TinyInt, i8, i8, |v| v, any::<i8>();
    smallint: "SMALLINT", SmallInt, i16, i16, |v| v, any::<i16>();
    integer: "INTEGER", Integer, i32, i32, |v| v, any::<i32>();
    bigint: "BIGINT", BigInt, i64, i64, |v| v, any::<i64>();
    hugeint: "HUGEINT", HugeInt, As<HugeInt, i128>, i128, As::new, any::<i128>();
    utinyint: "UTINYINT", Unsigned<TinyInt>, u8, u8, |v| v, any::<u8>();
    usmallint: "USMALLINT", Unsigned<SmallInt>, u16, u16, |v| v, any::<u16>();
    uinteger: "UINTEGER", Unsigned<Integer>, u32, u32, |v| v, any::<u32>();
    ubigint: "UBIGINT", Unsigned<BigInt>, u64, u64, |v| v, any::<u64>();
    uhugeint: "UHUGEINT", UHugeInt, As<UHugeInt, u128>, u128, As::new, any::<u128>();
    float: "FLOAT", Float, f32, f32, |v| v, any::<f32>();
    double: "DOUBLE", Double, f64, f64, |v| v, any::<f64>();
    decimal: "DECIMAL(38, 10)", Numeric, BigDecimal, BigDecimal, |v| v, decimals();
    enumeration: "ENUM ('sad', 'it''s ok', 'NULL', '[a, b]')", Text, String, String, |v| v,
        proptest::sample::select(vec!["sad", "it's ok", "NULL", "[a, b]"]).prop_map(str::to_owned);
    varchar: "VARCHAR", Text, String, String, |v| v, texts();
    blob: "BLOB", Binary, Vec<u8>, Vec<u8>, |v| v, proptest::collection::vec(any::<u8>(), 0..9);
    date: "DATE", Date, NaiveDate, NaiveDate, |v| v, moments().prop_map(|moment| moment.date());
    time: "TIME", Time, NaiveTime, NaiveTime, |v| v, moments().prop_map(|moment| moment.time());
    timestamp: "TIMESTAMP", Timestamp, NaiveDateTime, NaiveDateTime, |v| v, moments();
    timestamp_s: "TIMESTAMP_S", Timestamp, NaiveDateTime, NaiveDateTime, |v| v, seconds();
    timestamp_ms: "TIMESTAMP_MS", Timestamp, NaiveDateTime, NaiveDateTime, |v| v, seconds();
    timestamp_ns: "TIMESTAMP_NS", TimestampNs, As<TimestampNs, NaiveDateTime>, NaiveDateTime, As::new, nanoseconds();
    timestamptz: "TIMESTAMPTZ", Timestamptz, DateTime<Utc>, DateTime<Utc>, |v| v, moments().prop_map(|v| v.and_utc());
    interval: "INTERVAL", Interval, PgInterval, PgInterval, |v| v, intervals();
    uuid: "UUID", diesel::sql_types::Uuid, ::uuid::Uuid, ::uuid::Uuid, |v| v, any::<u128>().prop_map(::uuid::Uuid::from_u128);
    map: "MAP(VARCHAR, VARCHAR)", Map<Text, Text>, As<Map<Text, Text>, BTreeMap<String, String>>, BTreeMap<String, String>,
        As::new, proptest::collection::btree_map(texts(), texts(), 0..4);
    structure: "STRUCT(number INTEGER, \"the text\" VARCHAR, list DOUBLE[])", Struct<(Integer, Nullable<Text>, Array<Double>)>,
        As<Struct<(Integer, Nullable<Text>, Array<Double>)>, (i32, Option<String>, Vec<f64>)>, (i32, Option<String>, Vec<f64>),
        As::new, (any::<i32>(), proptest::option::of(texts()), proptest::collection::vec(any::<f64>(), 0..3));
}

/// Texts with all that has a meaning to DuckDB within a list.
fn texts() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        "[ a'\"\\\\,:=(){}\\[\\]\n\té🦆]{0,8}",
        Just("NULL".to_owned()),
        Just("null".to_owned()),
        Just("\\x00".to_owned()),
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn decimals() -> impl Strategy<Value = BigDecimal> + Clone {
    any::<i64>().prop_map(|digits| BigDecimal::new(digits.into(), 10))
}

/// From before Christ to the far future, in microseconds.
fn moments() -> impl Strategy<Value = NaiveDateTime> + Clone {
    (-99_999_999_999_999_999..99_999_999_999_999_999_i64).prop_map(|micros| {
        DateTime::from_timestamp_micros(micros).expect("within chrono's range").naive_utc()
    })
}

fn seconds() -> impl Strategy<Value = NaiveDateTime> + Clone {
    (-99_999_999_999..99_999_999_999_i64).prop_map(|seconds| {
        DateTime::from_timestamp(seconds, 0).expect("within chrono's range").naive_utc()
    })
}

fn nanoseconds() -> impl Strategy<Value = NaiveDateTime> + Clone {
    (i64::MIN / 2..i64::MAX / 2).prop_map(|nanos| DateTime::from_timestamp_nanos(nanos).naive_utc())
}

fn intervals() -> impl Strategy<Value = PgInterval> + Clone {
    (-999_999_999_999_999..999_999_999_999_999_i64, 0..30, -11..11)
        .prop_map(|(micros, days, months)| PgInterval::new(micros, days, months))
}

/// What a query of one value gives.
fn select<ST, T>(connection: &mut DuckDbConnection, value: &str) -> QueryResult<T>
where
    ST: diesel::sql_types::SqlType
        + diesel::sql_types::SingleValue
        + diesel::expression::TypedExpressionType
        + 'static,
    T: diesel::deserialize::FromSqlRow<ST, diesel_duckdb::DuckDb> + 'static,
    diesel_duckdb::DuckDb: diesel::sql_types::HasSqlType<ST>,
{
    diesel::select(sql::<ST>(value)).get_result(connection)
}

/// What DuckDB widens beyond Diesel's idea of it.
#[test]
fn aggregates_are_read_as_diesel_types_them() {
    let c = &mut database(
        "CREATE TABLE n (s SMALLINT, i INTEGER, b BIGINT, f FLOAT, d DOUBLE); INSERT INTO n VALUES (1, 2, 3, 1.5, 2.5), (2, 3, 4, 2.5, 3.5)",
    );
    diesel::table! { n (s) { s -> SmallInt, i -> Integer, b -> BigInt, f -> Float, d -> Double, } }
    use diesel::dsl::{avg, sum};
    let decimal = |text: &str| text.parse::<BigDecimal>().unwrap();
    assert_eq!(n::table.select(sum(n::s)).first::<Option<i64>>(c).unwrap(), Some(3));
    assert_eq!(n::table.select(sum(n::i)).first::<Option<i64>>(c).unwrap(), Some(5));
    assert_eq!(
        n::table.select(sum(n::b)).first::<Option<BigDecimal>>(c).unwrap(),
        Some(decimal("7"))
    );
    assert_eq!(n::table.select(sum(n::f)).first::<Option<f32>>(c).unwrap(), Some(4.0));
    assert_eq!(
        n::table.select(avg(n::i)).first::<Option<BigDecimal>>(c).unwrap(),
        Some(decimal("2.5"))
    );
    assert_eq!(n::table.select(avg(n::d)).first::<Option<f64>>(c).unwrap(), Some(3.0));
    assert_eq!(
        n::table.filter(n::s.gt(9)).select(sum(n::i)).first::<Option<i64>>(c).unwrap(),
        None
    );
}

#[test]
fn an_enum_is_a_text() {
    let c = &mut database(
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE people (name VARCHAR, mood mood)",
    );
    diesel::table! { people (name) { name -> Text, mood -> Nullable<Text>, } }
    let rows = [("Ada", Some("ok")), ("Bob", Some("sad")), ("Cid", None)]
        .map(|(name, mood)| (people::name.eq(name), people::mood.eq(mood)));
    diesel::insert_into(people::table).values(rows.to_vec()).execute(c).unwrap();
    let read: Vec<(String, Option<String>)> = people::table.order(people::name).load(c).unwrap();
    let expected = [("Ada", Some("ok")), ("Bob", Some("sad")), ("Cid", None)];
    assert_eq!(read, expected.map(|(name, mood)| (name.to_owned(), mood.map(str::to_owned))));
    assert_eq!(
        people::table
            .filter(people::mood.eq("sad"))
            .select(people::name)
            .load::<String>(c)
            .unwrap(),
        ["Bob"]
    );
    let wrong = diesel::update(people::table).set(people::mood.eq("none")).execute(c).unwrap_err();
    assert!(wrong.to_string().contains("Could not convert string 'none'"), "{wrong}");
}

#[test]
fn json_is_read_as_it_was() {
    let c = &mut database(
        "CREATE TABLE t (id INTEGER, one JSON, many JSON[], pairs MAP(VARCHAR, JSON))",
    );
    diesel::table! {
        use diesel::sql_types::*;
        use diesel_duckdb::sql_types::Map;
        t (id) { id -> Integer, one -> Nullable<Json>, many -> Array<Json>, pairs -> Map<Text, Json>, }
    }
    let values = [
        serde_json::json!({ "a'\"\\b": [1, 2.5, null, true, "it's \\ \"é🦆\"\n"], "": {} }),
        serde_json::json!("NULL"),
        serde_json::Value::Null,
    ];
    for (id, value) in (0..).zip(values) {
        let pairs: As<Map<Text, Json>, _> =
            As::new(BTreeMap::from([("a'".to_owned(), value.clone())]));
        let row = (
            t::id.eq(id),
            t::one.eq(&value),
            t::many.eq(vec![value.clone(), value.clone()]),
            t::pairs.eq(&pairs),
        );
        type Read = (
            Option<serde_json::Value>,
            Vec<serde_json::Value>,
            BTreeMap<String, serde_json::Value>,
        );
        let expected: Read =
            (Some(value.clone()), vec![value.clone(), value.clone()], pairs.clone().into_inner());
        diesel::insert_into(t::table).values(row.clone()).execute(c).unwrap();
        c.append(t::table, [row]).unwrap();
        let read: Vec<Read> =
            t::table.select((t::one, t::many, t::pairs)).filter(t::id.eq(id)).load(c).unwrap();
        assert_eq!(read, [expected.clone(), expected]);
    }
    diesel::update(t::table).set(t::one.eq(None::<serde_json::Value>)).execute(c).unwrap();
    assert_eq!(t::table.filter(t::one.is_null()).count().get_result::<i64>(c).unwrap(), 6);
}

/// Metaxy's by-field columns are either.
#[test]
fn a_struct_is_read_as_a_map_too() {
    let c = &mut database("");
    let expected = BTreeMap::from([
        ("audio".to_owned(), "1".to_owned()),
        ("frames".to_owned(), "2".to_owned()),
    ]);
    for value in ["{'audio': '1', 'frames': '2'}", "MAP {'audio': '1', 'frames': '2'}"] {
        assert_eq!(
            select::<Map<Text, Text>, BTreeMap<String, String>>(c, value).unwrap(),
            expected,
            "{value}"
        );
    }
    let pairs: Vec<(String, i32)> =
        select::<Map<Text, Integer>, _>(c, "MAP {'b': 1, 'a': 2}").unwrap();
    assert_eq!(pairs, [("b".to_owned(), 1), ("a".to_owned(), 2)]);
}

#[test]
fn arrays_of_a_length_are_written_and_read() {
    let c = &mut database("CREATE TABLE t (id INTEGER, three DOUBLE[3])");
    diesel::table! { t (id) { id -> Integer, three -> Array<Double>, } }
    let three = vec![1.5, -2.0, 1e300];
    let row = (t::id.eq(1), t::three.eq(&three));
    diesel::insert_into(t::table).values(row).execute(c).unwrap();
    c.append(t::table, [row]).unwrap();
    let read: Vec<Vec<f64>> = t::table.select(t::three).load(c).unwrap();
    assert_eq!(read, [three.clone(), three]);
    let short = diesel::insert_into(t::table).values((t::id.eq(2), t::three.eq(vec![1.0])));
    assert!(short.execute(c).is_err());
}

#[test]
fn arrays_and_lists_of_lists_are_read() {
    let c = &mut database("");
    assert_eq!(select::<Array<Integer>, Vec<i32>>(c, "[1, 2, 3]::INTEGER[3]").unwrap(), [1, 2, 3]);
    let lists: Vec<Vec<Option<i32>>> =
        select::<Array<Array<Nullable<Integer>>>, _>(c, "[[1, NULL], []]").unwrap();
    assert_eq!(lists, [vec![Some(1), None], vec![]]);
}

#[test]
fn values_out_of_range_are_errors() {
    let check = |value: &str, result: Result<String, diesel::result::Error>, expected: &str| {
        let error = format!("{:?}", result.expect_err(value));
        assert!(error.contains(expected), "{value}: {error}");
    };
    let c = &mut database("");
    let debug = |result: QueryResult<_>| -> QueryResult<String> {
        result.map(|value: i32| value.to_string())
    };
    check("300", select::<TinyInt, i8>(c, "300").map(|v| v.to_string()), "300 does not fit i8");
    check(
        "'a'",
        debug(select::<Integer, i32>(c, "'a'")),
        "is of DuckDB's type Utf8 (in Arrow's words), not an integer",
    );
    check("NULL", debug(select::<Integer, i32>(c, "NULL::INTEGER")), "UnexpectedNullError");
    check(
        "infinity",
        text(select::<Timestamp, NaiveDateTime>(c, "'infinity'::TIMESTAMP")),
        "out of chrono's range",
    );
    check(
        "infinity",
        text(select::<Date, NaiveDate>(c, "'infinity'::DATE")),
        "out of chrono's range",
    );
    check("24:00", text(select::<Time, NaiveTime>(c, "'24:00:00'::TIME")), "out of chrono's range");
    check(
        "months",
        text(select::<Interval, TimeDelta>(c, "INTERVAL 2 MONTH")),
        "2 months is no duration",
    );
    let long = diesel::select(PgInterval::from_microseconds(i64::MAX).into_sql::<Interval>());
    check("long", text(long.get_result::<PgInterval>(c)), "more than an interval takes");
    let wide = diesel::select("1e-40".parse::<BigDecimal>().unwrap().into_sql::<Numeric>());
    check("wide", text(wide.get_result::<BigDecimal>(c)), "does not fit a DECIMAL");
}

fn text<T: Debug>(result: QueryResult<T>) -> QueryResult<String> {
    result.map(|value| format!("{value:?}"))
}

#[test]
fn a_moment_is_the_same_in_every_time_zone() {
    let c = &mut database("SET TimeZone = 'America/New_York'; CREATE TABLE t (moment TIMESTAMPTZ)");
    diesel::table! { t (moment) { moment -> Timestamptz, } }
    let moment =
        "2024-07-01T12:00:00.123456+02:00".parse::<DateTime<chrono::FixedOffset>>().unwrap();
    diesel::insert_into(t::table).values(t::moment.eq(moment)).execute(c).unwrap();
    assert_eq!(t::table.select(t::moment).first::<DateTime<Utc>>(c).unwrap(), moment);
    assert_eq!(
        t::table.filter(t::moment.eq(moment.to_utc())).count().get_result::<i64>(c).unwrap(),
        1
    );
    assert_eq!(
        select::<BigInt, i64>(c, "epoch_us((SELECT moment FROM t))").unwrap(),
        moment.timestamp_micros()
    );
}

#[test]
fn a_duration_is_an_interval() {
    let c = &mut database("");
    let day: TimeDelta = select::<Interval, _>(c, "INTERVAL '1 day 2 seconds'").unwrap();
    assert_eq!(day, TimeDelta::days(1) + TimeDelta::seconds(2));
    let bound = diesel::select(TimeDelta::seconds(-7).into_sql::<Interval>())
        .get_result::<TimeDelta>(c)
        .unwrap();
    assert_eq!(bound, TimeDelta::seconds(-7));
}
