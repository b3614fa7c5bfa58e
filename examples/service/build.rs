//! Embeds the migrations of `migrations/`, and is run again when one is written.

fn main() -> Result<(), metaxy_build::BuildError> {
    metaxy_build::embed_migrations()
}
