//! Prints the `schema.rs` that Diesel's generator compares with the database.

use diesel_cli as _; // links the features
use metaxy::{FilterOptions, filter_feature_schema};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = metaxy::init()?.store("dev")?;
    let (_, schema) = filter_feature_schema(&store, &FilterOptions::default())?;
    print!("{}", schema.to_schema_rs(store.backend)?);
    Ok(())
}
