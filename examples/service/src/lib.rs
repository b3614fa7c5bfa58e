//! Photos behind HTTP: a pool of Diesel connections, migrations within the program, and a health check.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use diesel::{
    prelude::*,
    r2d2::{ConnectionManager, Pool},
};
use metaxy::{Feature, embedded::EmbeddedMigrations};
use std::error::Error;

/// Photos, as they came in.
#[derive(Feature, Queryable, Selectable, Insertable)]
#[diesel(table_name = photo)]
#[metaxy(key = "photo", id_columns(photo_id), fields(pixels(code_version = "1")))]
pub struct Photo {
    /// What it is known by.
    pub photo_id: String,
    /// Where the file is.
    #[metaxy(index)]
    pub path: String,
}

/// The histories of `migrations/`, as `build.rs` found them.
pub static MIGRATIONS: EmbeddedMigrations = metaxy::embed_migrations!();

/// The store of `metaxy.toml` that the service works on.
pub const STORE: &str = "dev";

/// Connections, which requests take from and give back.
pub type Connections = Pool<ConnectionManager<SqliteConnection>>;

/// What the service answers: `GET /photos` the paths of all photos; `GET /health` whether the database has all migrations of this
/// program, and where not, what is pending.
pub fn router(connections: Connections) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/photos", get(photos))
        .with_state(connections)
}

async fn health(State(connections): State<Connections>) -> Result<String, Failure> {
    with(connections, |connection| {
        MIGRATIONS.ensure_current(connection, STORE)?;
        Ok("all migrations are applied\n".to_owned())
    })
    .await
}

async fn photos(State(connections): State<Connections>) -> Result<String, Failure> {
    with(connections, |connection| {
        let paths = photo::table.select(photo::path).order(photo::path);
        let paths: Vec<String> = paths.load(connection)?;
        Ok(paths.into_iter().map(|it| it + "\n").collect())
    })
    .await
}

/// What is answered where something failed.
type Failure = (StatusCode, String);

/// Does something with a connection, on a thread that may wait for the database.
async fn with<T: Send + 'static>(
    connections: Connections,
    body: impl FnOnce(&mut SqliteConnection) -> Result<T, Box<dyn Error>> + Send + 'static,
) -> Result<T, Failure> {
    let failed = |error: &dyn Error| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n"));
    let done = tokio::task::spawn_blocking(move || {
        let mut connection = connections.get().map_err(|error| failed(&error))?;
        body(&mut connection).map_err(|error| failed(&*error))
    });
    done.await.map_err(|error| failed(&error))?
}
