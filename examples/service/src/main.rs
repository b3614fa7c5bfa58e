//! A program that brings its database up to date when it starts: `cargo run -q -p service`. With `--check` it only makes sure
//! that somebody did.

use metaxy::{apply::RunOptions, backend::Open, embedded::EmbeddedMigrations};
use std::{env, error::Error};

static MIGRATIONS: EmbeddedMigrations = metaxy::embed_migrations!();

fn main() -> Result<(), Box<dyn Error>> {
    let store = metaxy::init()?.default_store()?;
    let mut connection = store.connect(Open::Create)?;
    if env::args().any(|it| it == "--check") {
        MIGRATIONS.ensure_current(&mut connection, &store.name)?;
        println!("all migrations are applied");
        return Ok(());
    }
    let options = RunOptions::default();
    for migration in MIGRATIONS.run_pending(&mut connection, &store.name, &options, &mut |_| {})? {
        println!("applied {migration}");
    }
    Ok(())
}
