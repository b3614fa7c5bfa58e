//! Starts the service: `cargo run -q -p service`. With `--check` it only says whether its migrations were run; with `--no-migrate`
//! it serves without running them, and `/health` tells when somebody else did.

use axum::serve;
use diesel::r2d2::{ConnectionManager, Pool};
use metaxy::apply::RunOptions;
use service::{Connections, MIGRATIONS, STORE, router};
use std::{env, error::Error};
use tokio::{net::TcpListener, runtime};

fn main() -> Result<(), Box<dyn Error>> {
    let store = metaxy::init()?.store(STORE)?;
    let manager = ConnectionManager::new(store.url.expose());
    let connections: Connections = Pool::builder().max_size(4).build(manager)?;
    match env::args().nth(1).as_deref() {
        None => migrate(&connections)?,
        Some("--no-migrate") => {}
        Some("--check") => {
            MIGRATIONS.ensure_current(&mut *connections.get()?, STORE)?;
            println!("all migrations are applied");
            return Ok(());
        }
        Some(other) => return Err(format!("`{other}` is neither --check nor --no-migrate").into()),
    }

    let address = env::var("SERVICE_ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        serve(listener, router(connections)).await
    })?;
    Ok(())
}

/// Any number of instances may start at once: one of them migrates, the others wait for it.
fn migrate(connections: &Connections) -> Result<(), Box<dyn Error>> {
    let options = RunOptions::default();
    let connection = &mut *connections.get()?;
    for migration in MIGRATIONS.run_pending(connection, STORE, &options, &mut |_| {})? {
        println!("applied {migration}");
    }
    Ok(())
}
