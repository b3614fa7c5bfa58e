//! A database that goes when it is dropped.

use super::connect::{connect, with_database};
use crate::backend::{Backend, ScratchError};
use diesel::{MysqlConnection, connection::SimpleConnection};
use metaxy_core::config::Secret;
use std::{
    fmt, process,
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// A database of a name that nobody else has.
pub(in crate::backend) struct TemporaryDatabase {
    server: MysqlConnection,
    name: String,
}

impl TemporaryDatabase {
    /// Creates one on a server.
    pub(in crate::backend) fn create(
        backend: Backend,
        server_url: &Secret,
    ) -> Result<(Self, MysqlConnection), ScratchError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut server = connect(backend, server_url)?;
        // Processes of several machines may use one server: the time tells those of one number apart.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("metaxy_scratch_{time}_{}_{count}", process::id());
        server.batch_execute(&format!("CREATE DATABASE {name}")).map_err(ScratchError::Create)?;
        let database = Self { server, name };
        let connection = connect(backend, &with_database(server_url, &database.name))?;
        Ok((database, connection))
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        // Nobody can be told where this fails, and the name says what it is.
        _ = self.server.batch_execute(&format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}

impl fmt::Debug for TemporaryDatabase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("TemporaryDatabase").field(&self.name).finish()
    }
}
