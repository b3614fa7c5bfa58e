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
    io::{Write, stderr},
    path::Path,
    process,
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
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
            Backend::Mysql | Backend::MariaDb => {
                let name = new_name();
                administrate_mysql(backend, &format!("CREATE DATABASE {name}"));
                Self { backend, url: mysql_url(backend, &name), directory, name: Some(name) }
            }
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
            Some(name) if self.backend != Backend::Postgres => {
                administrate_mysql(self.backend, &format!("DROP DATABASE IF EXISTS {name}"));
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

/// Runs a test on a database of its own. MySQL may be missing: then it says so, once.
pub fn on(backend: Backend, test: fn(&TestDatabase)) {
    if is_there(backend) {
        test(&TestDatabase::new(backend));
    }
}

/// Whether there is a test server, or none is needed. All but that of MySQL have to be there.
pub fn is_there(backend: Backend) -> bool {
    static SAID: Once = Once::new();
    let is_missing = backend == Backend::Mysql && env::var_os(MYSQL).is_none();
    if is_missing {
        // Not by a macro, which tests capture.
        let words = format!("\n!!! NO TEST RAN ON MySQL: {MYSQL} names no server !!!\n\n");
        SAID.call_once(|| stderr().write_all(words.as_bytes()).expect("errors can be written"));
    }
    !is_missing
}

/// MariaDB, and MySQL where it is there.
pub fn mysql_servers() -> impl Iterator<Item = Backend> {
    [Backend::MariaDb, Backend::Mysql].into_iter().filter(|it| is_there(*it))
}

const MYSQL: &str = "METAXY_TEST_MYSQL_URL";

/// The URL of a database of this name on the test server of MySQL or MariaDB.
pub fn mysql_url(backend: Backend, name: &str) -> Secret {
    let variable = if backend == Backend::Mysql { MYSQL } else { "METAXY_TEST_MARIADB_URL" };
    let server = env::var(variable).unwrap_or_else(|_| {
        panic!("this test needs a server, and {variable} names none: run `cargo xtask test`")
    });
    Secret::new(server.replace("/metaxy?", &format!("/{name}?")))
}

/// Runs a statement on the test server of MySQL or MariaDB, outside of all tests' databases.
pub fn administrate_mysql(backend: Backend, statement: &str) {
    connect(backend, &mysql_url(backend, "metaxy"), Open::Existing)
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

/// Makes of each function `fn(&TestDatabase)` a test per database, in modules of their names.
#[macro_export]
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test]
            fn $test() {
                $crate::support::on(metaxy_diesel::Backend::Sqlite, super::$test);
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test]
            fn $test() {
                $crate::support::on(metaxy_diesel::Backend::Postgres, super::$test);
            })+
        }

        #[cfg(feature = "mysql")]
        mod mariadb {
            $(#[test]
            fn $test() {
                $crate::support::on(metaxy_diesel::Backend::MariaDb, super::$test);
            })+
        }

        #[cfg(feature = "mysql")]
        mod mysql {
            $(#[test]
            fn $test() {
                $crate::support::on(metaxy_diesel::Backend::Mysql, super::$test);
            })+
        }

        #[cfg(feature = "duckdb")]
        mod duckdb {
            $(#[test]
            fn $test() {
                $crate::support::on(metaxy_diesel::Backend::DuckDb, super::$test);
            })+
        }
    };
}
