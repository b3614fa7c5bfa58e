//! Databases for tests: each test has one of its own, which goes when the test ends. Included as a module by the
//! integration tests of several packages.

#![allow(dead_code, reason = "no test uses all of it")]

use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    backend::{Connection, Open, connect},
};
use std::{
    env,
    path::Path,
    process,
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// A database that nobody else uses.
pub struct TestDatabase {
    /// Its kind.
    pub backend: Backend,
    /// Where it is.
    pub url: Secret,
    directory: TempDir,
    /// Its name on the server, where there is one.
    name: Option<String>,
}

impl TestDatabase {
    /// An empty database. That of SQLite or DuckDB is a file that does not exist yet.
    pub fn new(backend: Backend) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        match backend {
            Backend::Sqlite | Backend::DuckDb => {
                let name = if backend == Backend::DuckDb { "test.duckdb" } else { "test.db" };
                let file = directory.path().join(name);
                let url = Secret::new(file.to_str().expect("its path is text"));
                Self { backend, url, directory, name: None }
            }
            Backend::Postgres => {
                let name = new_name();
                administrate(&format!("CREATE DATABASE {name}"));
                Self { backend, url: postgres_url(&name), directory, name: Some(name) }
            }
            Backend::MariaDb => {
                let name = new_name();
                administrate_mariadb(&format!("CREATE DATABASE {name}"));
                Self { backend, url: mariadb_url(&name), directory, name: Some(name) }
            }
            Backend::Mysql => unreachable!("there is no test server of MySQL"),
        }
    }

    /// A database that is there, and stays.
    pub fn existing(backend: Backend, url: Secret) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        Self { backend, url, directory, name: None }
    }

    /// A new connection. The file is created where it does not exist.
    pub fn connect(&self) -> Connection {
        connect(self.backend, &self.url, Open::Create).expect("the test's database can be opened")
    }

    /// SQL whose names stand in double quotes, with the quotes of this database.
    pub fn sql(&self, text: &str) -> String {
        text.replace('"', &self.backend.dialect().identifier_quote.to_string())
    }

    /// A directory that goes with the database.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.name {
            Some(name) if self.backend == Backend::MariaDb => {
                administrate_mariadb(&format!("DROP DATABASE IF EXISTS {name}"));
            }
            Some(name) => administrate(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")),
            None => {}
        }
    }
}

fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("metaxy_test_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The URL of a database of this name on the MariaDB test server.
pub fn mariadb_url(name: &str) -> Secret {
    let server = env::var("METAXY_TEST_MARIADB_URL").expect(
        "this test needs a MariaDB server, and METAXY_TEST_MARIADB_URL names none: run `cargo xtask test`",
    );
    Secret::new(server.replace("/metaxy?", &format!("/{name}?")))
}

/// Runs a statement on the MariaDB test server, outside of all tests' databases.
pub fn administrate_mariadb(statement: &str) {
    connect(Backend::MariaDb, &mariadb_url("metaxy"), Open::Existing)
        .expect("the test server can be reached")
        .execute_script(statement)
        .expect("the test server does as it is told");
}

/// The URL of a database of this name on the test server.
pub fn postgres_url(name: &str) -> Secret {
    let server = env::var("METAXY_TEST_POSTGRES_URL").expect(
        "this test needs a PostgreSQL server, and METAXY_TEST_POSTGRES_URL names none: run `cargo xtask test`",
    );
    let (server, _) = server.rsplit_once('/').expect("the server's URL ends in a database");
    Secret::new(format!("{server}/{name}"))
}

/// Runs a statement on the test server, outside of all tests' databases.
pub fn administrate(statement: &str) {
    connect(Backend::Postgres, &postgres_url("postgres"), Open::Existing)
        .expect("the test server can be reached")
        .execute_script(statement)
        .expect("the test server does as it is told");
}

/// Makes of each function `fn(TestDatabase)` a test per database, in the modules `sqlite`, `postgres`, `mariadb` and `duckdb`.
#[macro_export]
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test]
            fn $test() {
                super::$test(&$crate::support::TestDatabase::new(metaxy_diesel::Backend::Sqlite));
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test]
            fn $test() {
                super::$test(&$crate::support::TestDatabase::new(metaxy_diesel::Backend::Postgres));
            })+
        }

        #[cfg(feature = "mysql")]
        mod mariadb {
            $(#[test]
            fn $test() {
                super::$test(&$crate::support::TestDatabase::new(metaxy_diesel::Backend::MariaDb));
            })+
        }

        #[cfg(feature = "duckdb")]
        mod duckdb {
            $(#[test]
            fn $test() {
                super::$test(&$crate::support::TestDatabase::new(metaxy_diesel::Backend::DuckDb));
            })+
        }
    };
}
