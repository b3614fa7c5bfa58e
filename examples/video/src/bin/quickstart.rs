//! The whole way: migrations from the structs, a database, rows through Diesel, the graph.
//!
//! `cargo run -q -p video --bin quickstart`; run it again after a struct or metaxy.toml was changed.

use diesel::prelude::*;
use metaxy::{
    Feature, Metaxy,
    backend::{Connection, Open},
    sql_types::{FieldVersions, UtcDateTime},
    system::SystemColumns,
};
use std::{env, error::Error, fs, path::PathBuf, process::ExitCode};
use video::{Crop, Video, video__crop, video__raw};

fn main() -> Result<(), Box<dyn Error>> {
    let home = home()?;
    env::set_current_dir(&home)?;
    println!("In {}:\n", home.display());

    metaxy("migration generate initialize")?;
    metaxy("migration run")?;
    metaxy("migration list")?;

    let metaxy_handle = metaxy::init()?;
    let store = metaxy_handle.default_store()?;
    match store.connect(Open::Existing)? {
        Connection::Sqlite(mut database) => rows!(&mut database, &metaxy_handle),
        Connection::Postgres(mut database) => rows!(&mut database, &metaxy_handle),
        other => return Err(format!("the example has no rows for {other:?}").into()),
    }

    metaxy("graph render")?;
    println!("The SQL is in {}, the rows are in {}.", home.join("migrations").display(), store.url);
    Ok(())
}

/// A directory for the migrations and the database, with the example's metaxy.toml.
fn home() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("the program is not in a target directory")?;
    let home = target.join("quickstart");
    fs::create_dir_all(&home)?;
    fs::write(home.join("metaxy.toml"), include_str!("../../metaxy.toml"))?;
    Ok(home)
}

/// What `cargo run -p video -- ARGS` does.
fn metaxy(args: &str) -> Result<(), Box<dyn Error>> {
    println!("$ metaxy {args}");
    let code = metaxy::cli::run(["metaxy"].into_iter().chain(args.split(' ')));
    println!();
    match code == ExitCode::SUCCESS {
        true => Ok(()),
        false => Err(format!("`metaxy {args}` failed").into()),
    }
}

/// Inserts rows where there are none, and queries them: the same text for each kind of connection.
macro_rules! rows {
    ($database:expr, $metaxy:expr) => {{
        let (database, metaxy): (_, &Metaxy) = ($database, $metaxy);
        if video__raw::table.count().get_result::<i64>(database)? == 0 {
            // The provenance of a root sample is whatever tells its contents apart; that of a derived sample is made of
            // the fields that it was computed from.
            let (now, versions) = (UtcDateTime::now(), metaxy.row_versions::<Video>()?);
            let videos = [("v1", 12.5, "a1", "f1"), ("v2", 340.0, "a2", "f2")];
            let videos = videos.map(|(id, duration, audio, frames)| {
                let video = Video { video_id: id.to_owned(), path: format!("raw/{id}.mp4"), duration };
                let provenance = FieldVersions::from([("audio", audio), ("frames", frames)]);
                (video, SystemColumns::new(&versions, provenance, now))
            });
            let rows: Vec<_> = videos.iter().map(|(video, system)| (video, system)).collect();
            diesel::insert_into(video__raw::table).values(rows).execute(database)?;

            let versions = metaxy.row_versions::<Crop>()?;
            let crop = Crop { video_id: "v1".to_owned(), path: "crop/v1.mp4".to_owned(), side: 720 };
            let provenance = FieldVersions::from([("audio", "a1-crop"), ("frames", "f1-crop")]);
            diesel::insert_into(video__crop::table)
                .values((&crop, SystemColumns::new(&versions, provenance, now)))
                .execute(database)?;
        }

        let short: Vec<Video> = video__raw::table
            .filter(video__raw::duration.lt(60.0))
            .select(Video::as_select())
            .load(database)?;
        println!("Videos under a minute: {short:?}");

        let cropped: Vec<(String, String)> = video__raw::table
            .inner_join(video__crop::table.on(video__crop::video_id.eq(video__raw::video_id)))
            .select((video__raw::path, video__crop::path))
            .load(database)?;
        println!("Cropped: {cropped:?}");

        let made: FieldVersions =
            video__crop::table.select(video__crop::metaxy_provenance_by_field).first(database)?;
        println!("{} was made from: {made:?}\n", Crop::KEY);
    }};
}
use rows;
