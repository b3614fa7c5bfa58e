//! The whole way: migrations from the structs, a database, rows through Diesel, the graph.
//!
//! `cargo run -q -p video --bin pipeline`; run it again after a struct or metaxy.toml was changed.

use diesel::prelude::*;
use metaxy::{
    Feature, FeatureInput,
    backend::Connection,
    rows::{OpenStore, ResolveOptions, Row, Sample},
};
use std::{env, error::Error, fs, path::PathBuf, process::ExitCode};
use video::{Crop, Faces, Video, video__crop, video__raw};

fn main() -> Result<(), Box<dyn Error>> {
    let home = home()?;
    env::set_current_dir(&home)?;
    println!("In {}:\n", home.display());

    metaxy("migration generate initialize")?;
    metaxy("migration run")?;
    metaxy("migration list")?;

    let metaxy_handle = metaxy::init()?;
    let config = metaxy_handle.default_store()?;
    let mut store: OpenStore = config.open(metaxy_handle.graph())?;
    ingest(&mut store)?;
    crop(&mut store)?;
    let faces = store.resolve_update::<Faces>(ResolveOptions::default())?;
    println!("{}: {} samples to make", Faces::KEY, faces.new.count(&mut store)?);
    match store.connection() {
        Connection::Sqlite(database) => queries!(database),
        Connection::Postgres(database) => queries!(database),
        other => println!("The example has no queries for {other:?}."),
    }

    metaxy("graph render")?;
    println!(
        "The SQL is in {}, the rows are in {}.",
        home.join("migrations").display(),
        config.url
    );
    Ok(())
}

/// Writes the videos that are not there yet, or are there with other contents.
///
/// The provenance of a root sample is whatever tells its contents apart; that of a derived sample is made of the fields that it
/// was computed from.
fn ingest(store: &mut OpenStore) -> Result<(), Box<dyn Error>> {
    let videos = [("v1", 12.5, "a1", "f1"), ("v2", 340.0, "a2", "f2")];
    let videos = videos.map(|(id, duration, audio, frames)| {
        let video = Video { video_id: id.to_owned(), path: format!("raw/{id}.mp4"), duration };
        Row::from(Sample::new(video, [("audio", audio), ("frames", frames)]))
    });
    let options = ResolveOptions { samples: Some(videos.into()), ..ResolveOptions::default() };
    let increment = store.resolve_update::<Video>(options)?;
    for set in [increment.new, increment.stale] {
        let samples = set.load::<Video>(store)?;
        println!("{}: {} written", Video::KEY, store.write(samples)?);
    }
    Ok(())
}

/// What a crop is made of: columns of the videos.
#[derive(FeatureInput)]
#[metaxy(feature = Crop)]
struct Input {
    video_id: String,
    path: String,
}

/// Crops the videos that have no crop, or one of other contents.
fn crop(store: &mut OpenStore) -> Result<(), Box<dyn Error>> {
    let increment = store.resolve_update::<Crop>(ResolveOptions::default())?;
    for set in [increment.new, increment.stale] {
        let inputs = set.load::<Input>(store)?;
        let crops = inputs.into_iter().map(|sample| {
            // Here a program would read the file, and write the cropped one.
            sample.map(|Input { video_id, path }| Crop {
                path: path.replacen("raw", "crop", 1),
                video_id,
                side: 720,
            })
        });
        println!("{}: {} written", Crop::KEY, store.write(crops)?);
    }
    Ok(())
}

/// A directory for the migrations and the database, with the example's metaxy.toml.
fn home() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("the program is not in a target directory")?;
    let home = target.join("pipeline");
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

/// Queries through Diesel: the same text for each kind of connection.
macro_rules! queries {
    ($database:expr) => {{
        let database = $database;
        let short: Vec<Video> = video__raw::table
            .filter(video__raw::duration.lt(60.0))
            .select(Video::as_select())
            .load(database)?;
        println!("Videos under a minute: {short:?}");

        let cropped: Vec<(String, String)> = video__raw::table
            .inner_join(video__crop::table.on(video__crop::video_id.eq(video__raw::video_id)))
            .select((video__raw::path, video__crop::path))
            .load(database)?;
        println!("Cropped: {cropped:?}\n");
    }};
}
use queries;
