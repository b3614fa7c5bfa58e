//! The whole way once, in a new directory: migrations from the structs, a database, rows through Diesel, the graph.
//!
//! `cargo run -q -p video --bin quickstart`

use diesel::{prelude::*, sqlite::SqliteConnection};
use metaxy::{
    Feature, Metaxy,
    sql_types::{FieldVersions, UtcDateTime},
    system::SystemColumns,
};
use std::{env, error::Error, fs, path::PathBuf, process::ExitCode};
use video::{Crop, Video, video__crop, video__raw};

fn main() -> Result<(), Box<dyn Error>> {
    let home = new_home()?;
    env::set_current_dir(&home)?;
    println!("In {}:\n", home.display());

    metaxy("migration generate initialize")?;
    metaxy("migration run")?;
    metaxy("migration list")?;

    let metaxy_handle = metaxy::init()?;
    let store = metaxy_handle.default_store()?;
    let mut database = SqliteConnection::establish(store.url.expose())?;
    insert(&mut database, &metaxy_handle)?;
    query(&mut database)?;

    metaxy("graph render")?;
    println!("The SQL is in {}, the rows are in {}.", home.join("migrations").display(), store.url);
    Ok(())
}

/// A directory with nothing but the example's metaxy.toml.
fn new_home() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("the program is not in a target directory")?;
    let home = target.join("quickstart");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
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

/// Two videos and a crop of one of them. The provenance of a root sample is whatever tells its contents apart; that of a
/// derived one is made of the fields it was computed from.
fn insert(database: &mut SqliteConnection, metaxy: &Metaxy) -> Result<(), Box<dyn Error>> {
    let now = UtcDateTime::now();
    let versions = metaxy.row_versions::<Video>()?;
    let video = |id: &str, duration: f64, audio: &str, frames: &str| {
        let video = Video { video_id: id.to_owned(), path: format!("raw/{id}.mp4"), duration };
        let provenance = FieldVersions::from([("audio", audio), ("frames", frames)]);
        (video, SystemColumns::new(&versions, provenance, now))
    };
    let videos = vec![video("v1", 12.5, "a1", "f1"), video("v2", 340.0, "a2", "f2")];
    let rows: Vec<_> = videos.iter().map(|(video, system)| (video, system)).collect();
    diesel::insert_into(video__raw::table).values(rows).execute(database)?;

    let versions = metaxy.row_versions::<Crop>()?;
    let crop = Crop { video_id: "v1".to_owned(), path: "crop/v1.mp4".to_owned(), side: 720 };
    let provenance = FieldVersions::from([("audio", "a1-crop"), ("frames", "f1-crop")]);
    diesel::insert_into(video__crop::table)
        .values((&crop, SystemColumns::new(&versions, provenance, now)))
        .execute(database)?;
    Ok(())
}

/// The derived tables are Diesel's own: they filter, join and select as any other.
fn query(database: &mut SqliteConnection) -> QueryResult<()> {
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
    Ok(())
}
