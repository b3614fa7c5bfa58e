//! [`UtcTimestamp`], a moment on every database, and its value in Rust, [`UtcDateTime`].

use chrono::{DateTime, SubsecRound, Utc};
use diesel::{deserialize::FromSqlRow, expression::AsExpression, sql_types::SqlOrd};
use metaxy_core::{Json, JsonSchema, json_schema::Definitions};
use std::{fmt, ops::Deref};

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "duckdb")))]
use UtcTimestamp as BackendsTimestamptz;
#[cfg(any(feature = "postgres", feature = "duckdb"))]
use diesel::sql_types::Timestamptz as BackendsTimestamptz;
#[cfg(all(feature = "sqlite", not(any(feature = "postgres", feature = "duckdb"))))]
use diesel::sql_types::TimestamptzSqlite as BackendsTimestamptz;

/// A moment in UTC: `timestamptz` on PostgreSQL and DuckDB, `datetime(6)` on MySQL and MariaDB, ISO-8601 text on SQLite. In Rust:
/// [`UtcDateTime`].
///
/// On SQLite the text always has six decimals and a `Z` (`2025-01-31T09:30:00.000000Z`), so that the order of the
/// texts is the order of the moments.
///
/// `chrono::DateTime<Utc>` reads such a column too, but cannot be written to it or compared with it: a type of
/// chrono's, a SQL type of ours and a trait of Diesel's do not go together (E0119).
#[derive(
    Debug, Clone, Copy, Default, diesel::sql_types::SqlType, diesel::query_builder::QueryId,
)]
#[diesel(
    postgres_type(oid = 1184, array_oid = 1185),
    sqlite_type(name = "Text"),
    mysql_type(name = "DateTime")
)]
pub struct UtcTimestamp;

impl SqlOrd for UtcTimestamp {}

/// The SQL type of a column of `chrono::DateTime<Utc>`, which Diesel has one of for each database.
///
/// PostgreSQL's, which is DuckDB's too, where the cargo feature `postgres` or `duckdb` is on, else SQLite's. What must work on all takes [`UtcDateTime`].
pub type ChronoUtc = BackendsTimestamptz;

/// A moment in UTC that every database keeps alike, to the microsecond: a `chrono::DateTime<Utc>` (which it derefs to).
///
/// ```
/// use chrono::{TimeDelta, Utc};
/// use diesel::prelude::*;
/// use metaxy_diesel::sql_types::UtcDateTime;
///
/// diesel::table! {
///     use diesel::sql_types::Text;
///     use metaxy_diesel::sql_types::UtcTimestamp;
///
///     events (name) {
///         name -> Text,
///         happened_at -> UtcTimestamp,
///     }
/// }
///
/// let an_hour_ago = UtcDateTime::from(Utc::now() - TimeDelta::hours(1));
/// let recent = events::table.filter(events::happened_at.gt(an_hour_ago));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTimestamp)]
pub struct UtcDateTime(DateTime<Utc>);

impl UtcDateTime {
    /// The present moment, by the system's clock.
    pub fn now() -> Self {
        Utc::now().into()
    }
}

impl From<DateTime<Utc>> for UtcDateTime {
    /// Cuts off what is finer than a microsecond.
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.trunc_subsecs(6))
    }
}

impl From<UtcDateTime> for DateTime<Utc> {
    fn from(moment: UtcDateTime) -> Self {
        moment.0
    }
}

impl Deref for UtcDateTime {
    type Target = DateTime<Utc>;

    fn deref(&self) -> &DateTime<Utc> {
        &self.0
    }
}

impl JsonSchema for UtcDateTime {
    fn json_schema(definitions: &mut Definitions) -> Json {
        DateTime::<Utc>::json_schema(definitions)
    }
}

impl fmt::Display for UtcDateTime {
    /// As SQLite keeps it: `2025-01-31T09:30:00.000000Z`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%FT%T%.6fZ").fmt(out)
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::{DateTime, Utc, UtcDateTime, UtcTimestamp};
    use chrono::{Datelike, NaiveDateTime};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, IsNull, Output, ToSql},
        sqlite::{Sqlite, SqliteValue},
    };

    impl ToSql<UtcTimestamp, Sqlite> for UtcDateTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            if !(0..=9999).contains(&self.year()) {
                let refusal = "the year has not four digits: as text it would sort wrongly";
                return Err(format!("cannot write `{self}`: {refusal}").into());
            }
            out.set_value(self.to_string());
            Ok(IsNull::No)
        }
    }

    impl FromSql<UtcTimestamp, Sqlite> for UtcDateTime {
        fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<UtcTimestamp, Sqlite>>::from_sql(value).map(Self::from)
        }
    }

    impl FromSql<UtcTimestamp, Sqlite> for DateTime<Utc> {
        fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
            let text = value.read_text();
            parse(text).ok_or_else(|| {
                format!("`{text}` is no moment: write it as `2025-01-31T09:30:00.000000Z`").into()
            })
        }
    }

    /// Reads what others write too: any offset (none: UTC), a blank for the `T`, any number of decimals.
    pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
        ["%FT%T%.f%#z", "%F %T%.f%#z"]
            .into_iter()
            .find_map(|format| DateTime::parse_from_str(text, format).ok())
            .map(|moment| moment.to_utc())
            .or_else(|| {
                ["%FT%T%.f", "%F %T%.f"]
                    .into_iter()
                    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
                    .map(|moment| moment.and_utc())
            })
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::{DateTime, Utc, UtcDateTime, UtcTimestamp};
    use diesel::{
        deserialize::{self, FromSql},
        pg::{Pg, PgValue},
        serialize::{self, Output, ToSql},
        sql_types::Timestamptz,
    };

    impl ToSql<UtcTimestamp, Pg> for UtcDateTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
        }
    }

    impl FromSql<UtcTimestamp, Pg> for UtcDateTime {
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<UtcTimestamp, Pg>>::from_sql(value).map(Self)
        }
    }

    impl FromSql<UtcTimestamp, Pg> for DateTime<Utc> {
        /// Also reads a `timestamp` without time zone, which has the same bytes: as UTC.
        fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
            FromSql::<Timestamptz, Pg>::from_sql(value)
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::{DateTime, Utc, UtcDateTime, UtcTimestamp};
    use chrono::NaiveDateTime;
    use diesel::{
        deserialize::{self, FromSql},
        mysql::{Mysql, MysqlValue},
        serialize::{self, Output, ToSql},
        sql_types::Datetime,
    };

    impl ToSql<UtcTimestamp, Mysql> for UtcDateTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            ToSql::<Datetime, Mysql>::to_sql(&self.0.naive_utc(), &mut out.reborrow())
        }
    }

    impl FromSql<UtcTimestamp, Mysql> for UtcDateTime {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<UtcTimestamp, Mysql>>::from_sql(value).map(Self)
        }
    }

    impl FromSql<UtcTimestamp, Mysql> for DateTime<Utc> {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            let moment = <NaiveDateTime as FromSql<Datetime, Mysql>>::from_sql(value)?;
            Ok(moment.and_utc())
        }
    }
}

#[cfg(feature = "duckdb")]
mod duckdb {
    use super::{DateTime, Utc, UtcDateTime, UtcTimestamp};
    use diesel::{
        deserialize::{self, FromSql},
        serialize::{self, Output, ToSql},
        sql_types::{HasSqlType, Timestamptz},
    };
    use diesel_duckdb::{DuckDb, DuckDbValue};

    impl HasSqlType<UtcTimestamp> for DuckDb {
        fn metadata((): &mut ()) {}
    }

    impl ToSql<UtcTimestamp, DuckDb> for UtcDateTime {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DuckDb>) -> serialize::Result {
            ToSql::<Timestamptz, DuckDb>::to_sql(&self.0, out)
        }
    }

    impl FromSql<UtcTimestamp, DuckDb> for UtcDateTime {
        fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
            <DateTime<Utc> as FromSql<UtcTimestamp, DuckDb>>::from_sql(value).map(Self)
        }
    }

    impl FromSql<UtcTimestamp, DuckDb> for DateTime<Utc> {
        /// Also reads a `TIMESTAMP` without time zone: as UTC.
        fn from_sql(value: DuckDbValue<'_>) -> deserialize::Result<Self> {
            FromSql::<Timestamptz, DuckDb>::from_sql(value)
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::{sqlite::parse, *};
    use chrono::{NaiveDate, TimeDelta};
    use diesel::{prelude::*, sql_types::Text};

    diesel::table! {
        use diesel::sql_types::{Integer, Nullable};
        use super::UtcTimestamp;

        moments (id) {
            id -> Integer,
            at -> UtcTimestamp,
            until -> Nullable<UtcTimestamp>,
        }
    }

    #[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
    struct Moment {
        id: i32,
        at: UtcDateTime,
        until: Option<UtcDateTime>,
    }

    fn connection() -> SqliteConnection {
        let mut connection = SqliteConnection::establish(":memory:").expect("opens in memory");
        diesel::sql_query(
            "CREATE TABLE moments (id INTEGER PRIMARY KEY, at TEXT NOT NULL, until TEXT)",
        )
        .execute(&mut connection)
        .expect("creates the table");
        connection
    }

    #[test]
    fn moments_come_back_and_compare() {
        let connection = &mut connection();
        let now = UtcDateTime::now();
        let before = UtcDateTime::from(*now - TimeDelta::microseconds(1));
        let after = UtcDateTime::from(*now + TimeDelta::microseconds(1));
        let rows = vec![
            Moment { id: 1, at: after, until: None },
            Moment { id: 2, at: before, until: Some(now) },
        ];
        diesel::insert_into(moments::table).values(&rows).execute(connection).expect("inserts");

        let all = moments::table.order(moments::at).load::<Moment>(connection).expect("loads");
        assert_eq!(all, [rows[1].clone(), rows[0].clone()]);

        let earlier = moments::table.filter(moments::at.lt(now)).select(moments::id);
        assert_eq!(earlier.load::<i32>(connection).expect("loads"), [2]);
        let ended = moments::table.filter(moments::until.eq(now)).select(moments::id);
        assert_eq!(ended.load::<i32>(connection).expect("loads"), [2]);
        let last = moments::table.select(diesel::dsl::max(moments::at));
        assert_eq!(last.first::<Option<DateTime<Utc>>>(connection).expect("loads"), Some(*after));
    }

    #[test]
    fn text_on_sqlite_has_six_decimals_and_a_z() {
        let connection = &mut connection();
        let date = NaiveDate::from_ymd_opt(2025, 1, 31).expect("a date");
        let at = date.and_hms_nano_opt(9, 30, 0, 1_999).expect("a time").and_utc();
        diesel::insert_into(moments::table)
            .values((moments::id.eq(1), moments::at.eq(UtcDateTime::from(at))))
            .execute(connection)
            .expect("inserts");
        let text = moments::table
            .select(diesel::dsl::sql::<Text>("at"))
            .first::<String>(connection)
            .expect("loads");
        assert_eq!(text, "2025-01-31T09:30:00.000001Z");
    }

    #[test]
    fn years_that_would_sort_wrongly_are_refused() {
        let date = NaiveDate::from_ymd_opt(10_000, 1, 1).expect("a date");
        let at = date.and_hms_opt(0, 0, 0).expect("a time").and_utc();
        let refused = diesel::insert_into(moments::table)
            .values((moments::id.eq(1), moments::at.eq(UtcDateTime::from(at))))
            .execute(&mut connection())
            .expect_err("five digits");
        assert!(refused.to_string().contains("four digits"), "{refused}");
    }

    #[test]
    fn reading_is_lenient() {
        fn check(text: &str, expected: Option<&str>) {
            let read = parse(text).map(|at| at.to_rfc3339());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        let half_past = Some("2025-01-31T09:30:00+00:00");
        check("2025-01-31T09:30:00.000000Z", half_past);
        check("2025-01-31T09:30:00Z", half_past);
        check("2025-01-31 09:30:00", half_past);
        check("2025-01-31T09:30:00+00:00", half_past);
        check("2025-01-31 09:30:00.0+00", half_past);
        check("2025-01-31T11:00:00+01:30", half_past);
        check("2025-01-31T09:30:00.12-0000", Some("2025-01-31T09:30:00.120+00:00"));
        check("2025-01-31", None);
        check("yesterday", None);
        check("", None);
    }
}
