//! Rows of a feature table through Diesel's DSL: system columns are written, read, compared and ordered alike on
//! every database.

#![expect(missing_docs, reason = "what `diesel::table!` makes is public")]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::{dsl::max, prelude::*};
use metaxy_diesel::{
    sql_types::{FieldVersions, UtcDateTime},
    system::{HasSystemColumns, RowVersions, SystemColumns},
};

diesel::table! {
    use diesel::sql_types::{Double, Nullable, Text};
    use metaxy_diesel::sql_types::{FieldVersionsMap, UtcTimestamp};

    #[sql_name = "dev_video__raw"]
    video (metaxy_feature_version, video_id, metaxy_updated_at) {
        video_id -> Text,
        #[sql_name = "length"]
        duration -> Nullable<Double>,
        metaxy_provenance -> Text,
        metaxy_provenance_by_field -> FieldVersionsMap,
        metaxy_feature_version -> Text,
        metaxy_project_version -> Text,
        metaxy_data_version -> Text,
        metaxy_data_version_by_field -> FieldVersionsMap,
        metaxy_created_at -> UtcTimestamp,
        metaxy_updated_at -> UtcTimestamp,
        metaxy_deleted_at -> Nullable<UtcTimestamp>,
        metaxy_materialization_id -> Nullable<Text>,
    }
}

impl HasSystemColumns for video::table {}

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = video)]
struct Video {
    video_id: String,
    duration: Option<f64>,
}

/// One that Diesel's bulk COPY takes too.
#[derive(Insertable)]
#[diesel(table_name = video, treat_none_as_default_value = false)]
struct PlainVideo<'a> {
    video_id: &'a str,
    duration: Option<f64>,
}

type AllSystemColumns = (
    video::metaxy_provenance,
    video::metaxy_provenance_by_field,
    video::metaxy_feature_version,
    video::metaxy_project_version,
    video::metaxy_data_version,
    video::metaxy_data_version_by_field,
    video::metaxy_created_at,
    video::metaxy_updated_at,
    video::metaxy_deleted_at,
    video::metaxy_materialization_id,
);

fn video(id: &str) -> Video {
    Video { video_id: id.to_owned(), duration: None }
}

fn moment(micros: i64) -> UtcDateTime {
    let day = NaiveDate::from_ymd_opt(2025, 1, 31).expect("a date");
    let noon = day.and_hms_opt(12, 0, 0).expect("a time").and_utc();
    (noon + TimeDelta::microseconds(micros)).into()
}

fn system(audio: &str, now: UtcDateTime) -> SystemColumns {
    let versions = RowVersions {
        feature: "00441950".to_owned(),
        project: "3513ef2d".to_owned(),
        hash_length: Default::default(),
    };
    let by_field = FieldVersions::from([("frames", "f1"), ("audio", audio)]);
    SystemColumns::new(&versions, by_field, now)
}

/// The same test for the connection of each database: Diesel's DSL is not generic over them without long bounds.
macro_rules! round_trip {
    ($connection:expr) => {{
        let connection = $connection;
        let deleted = SystemColumns { deleted_at: Some(moment(3)), ..system("a4", moment(2)) };
        let deleted = deleted.with_materialization_id("run-7");

        // One row, owned and borrowed.
        let first = system("a1", moment(0));
        assert_eq!(first.provenance, "95e26459");
        diesel::insert_into(video::table)
            .values((&video("v1"), first.clone()))
            .execute(connection)
            .expect("inserts an owned row");
        diesel::insert_into(video::table)
            .values((video("v2"), &deleted))
            .execute(connection)
            .expect("inserts a borrowed row");
        // Many, with and without Diesel's defaults for `None`.
        let videos = [video("v3"), Video { duration: Some(2.5), ..video("v4") }];
        let rows: Vec<_> = videos.iter().map(|it| (it, system("a3", moment(1)))).collect();
        diesel::insert_into(video::table).values(rows).execute(connection).expect("inserts many");
        let plain: Vec<_> = ["v5", "v6"]
            .map(|video_id| {
                let video = PlainVideo { video_id, duration: Some(1.0) };
                (video, system("a5", moment(-1)))
            })
            .into();
        diesel::insert_into(video::table).values(&plain).execute(connection).expect("inserts many");
        diesel::insert_into(video::table)
            .values(Vec::<(Video, SystemColumns)>::new())
            .execute(connection)
            .expect("inserts none");

        let all = video::table.count().get_result::<i64>(connection).expect("counts");
        assert_eq!(all, 6);
        let read = video::table
            .filter(video::video_id.eq_any(["v1", "v2"]))
            .order(video::video_id)
            .select((Video::as_select(), AllSystemColumns::default()))
            .load::<(Video, SystemColumns)>(connection)
            .expect("loads");
        assert_eq!(read, [(video("v1"), first.clone()), (video("v2"), deleted.clone())]);

        let ids = video::table.select(video::video_id).order(video::video_id);
        let before = ids.filter(video::metaxy_updated_at.lt(moment(0)));
        assert_eq!(before.load::<String>(connection).expect("loads"), ["v5", "v6"]);
        let now = ids.filter(video::metaxy_created_at.lt(UtcDateTime::now()));
        assert_eq!(now.load::<String>(connection).expect("loads").len(), 6);
        let active = ids.filter(video::metaxy_deleted_at.is_null());
        assert_eq!(active.load::<String>(connection).expect("loads").len(), 5);
        let gone = ids.filter(video::metaxy_deleted_at.ge(moment(3)));
        assert_eq!(gone.load::<String>(connection).expect("loads"), ["v2"]);
        let same = ids.filter(video::metaxy_data_version_by_field.eq(&first.data_version_by_field));
        assert_eq!(same.load::<String>(connection).expect("loads"), ["v1"]);

        let newest = video::table.select(max(video::metaxy_updated_at));
        let newest = newest.first::<Option<DateTime<Utc>>>(connection).expect("loads");
        assert_eq!(newest, Some(*moment(2)));
        let in_order = video::table
            .order((video::metaxy_updated_at.desc(), video::video_id))
            .select(video::video_id)
            .load::<String>(connection)
            .expect("loads");
        assert_eq!(in_order, ["v2", "v3", "v4", "v1", "v5", "v6"]);

        diesel::update(video::table.filter(video::video_id.eq("v1")))
            .set((
                video::metaxy_deleted_at.eq(Some(moment(9))),
                video::metaxy_data_version_by_field.eq(FieldVersions::default()),
            ))
            .execute(connection)
            .expect("updates");
        let (deleted_at, versions) = video::table
            .filter(video::video_id.eq("v1"))
            .select((video::metaxy_deleted_at, video::metaxy_data_version_by_field))
            .first::<(Option<UtcDateTime>, FieldVersions)>(connection)
            .expect("loads");
        assert_eq!((deleted_at, versions.len()), (Some(moment(9)), 0));
    }};
}

#[cfg(feature = "sqlite")]
#[test]
fn sqlite() {
    use diesel::connection::SimpleConnection;

    let connection = &mut SqliteConnection::establish(":memory:").expect("opens in memory");
    connection
        .batch_execute(
            r#"CREATE TABLE "dev_video__raw" (
                "video_id" TEXT NOT NULL, "length" DOUBLE, "metaxy_provenance" TEXT NOT NULL,
                "metaxy_provenance_by_field" TEXT NOT NULL, "metaxy_feature_version" TEXT NOT NULL,
                "metaxy_project_version" TEXT NOT NULL, "metaxy_data_version" TEXT NOT NULL,
                "metaxy_data_version_by_field" TEXT NOT NULL, "metaxy_created_at" TEXT NOT NULL,
                "metaxy_updated_at" TEXT NOT NULL, "metaxy_deleted_at" TEXT, "metaxy_materialization_id" TEXT)"#,
        )
        .expect("creates the table");
    round_trip!(connection);
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use diesel::connection::SimpleConnection;

    /// A connection whose tables are its own and go with it.
    fn connection(map: &str, moment: &str) -> PgConnection {
        let url = std::env::var("METAXY_TEST_POSTGRES_URL")
            .expect("METAXY_TEST_POSTGRES_URL names a PostgreSQL server: run `cargo xtask test`");
        let mut connection = PgConnection::establish(&url).expect("connects");
        connection
            .batch_execute(&format!(
                r#"SET TIME ZONE 'America/New_York';
                CREATE TEMPORARY TABLE "dev_video__raw" (
                "video_id" TEXT NOT NULL, "length" DOUBLE PRECISION, "metaxy_provenance" TEXT NOT NULL,
                "metaxy_provenance_by_field" {map} NOT NULL, "metaxy_feature_version" TEXT NOT NULL,
                "metaxy_project_version" TEXT NOT NULL, "metaxy_data_version" TEXT NOT NULL,
                "metaxy_data_version_by_field" {map} NOT NULL, "metaxy_created_at" {moment} NOT NULL,
                "metaxy_updated_at" {moment} NOT NULL, "metaxy_deleted_at" {moment}, "metaxy_materialization_id" TEXT)"#
            ))
            .expect("creates the table");
        connection
    }

    #[test]
    fn rows() {
        round_trip!(&mut connection("JSONB", "TIMESTAMPTZ"));
    }

    /// As the SQLModel tables of Metaxy for Python have them.
    #[test]
    fn json_is_written_and_read_too() {
        let connection = &mut connection("JSON", "TIMESTAMPTZ");
        let row = system("a1", moment(0));
        diesel::insert_into(video::table)
            .values((video("v1"), &row))
            .execute(connection)
            .expect("inserts");
        let read =
            video::table.select(AllSystemColumns::default()).first::<SystemColumns>(connection);
        assert_eq!(read.expect("loads"), row);
    }
}

/// Not MySQL, which has the same client, and compares no JSON with a text.
#[cfg(feature = "mysql")]
#[test]
fn mariadb() {
    use diesel::connection::SimpleConnection;

    let url = std::env::var("METAXY_TEST_MARIADB_URL")
        .expect("METAXY_TEST_MARIADB_URL names a MariaDB server: run `cargo xtask test`");
    let connection = &mut MysqlConnection::establish(&url).expect("connects");
    connection
        .batch_execute(
            "SET time_zone = '-05:00';
            CREATE TEMPORARY TABLE `dev_video__raw` (
                `video_id` VARCHAR(255) NOT NULL, `length` DOUBLE, `metaxy_provenance` LONGTEXT NOT NULL,
                `metaxy_provenance_by_field` JSON NOT NULL, `metaxy_feature_version` VARCHAR(255) NOT NULL,
                `metaxy_project_version` LONGTEXT NOT NULL, `metaxy_data_version` LONGTEXT NOT NULL,
                `metaxy_data_version_by_field` JSON NOT NULL, `metaxy_created_at` DATETIME(6) NOT NULL,
                `metaxy_updated_at` DATETIME(6) NOT NULL, `metaxy_deleted_at` DATETIME(6),
                `metaxy_materialization_id` LONGTEXT)",
        )
        .expect("creates the table");
    round_trip!(connection);
}
