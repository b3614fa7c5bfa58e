//! What is said where a database cannot be opened.

use crate::support::TestDatabase;
use metaxy_core::config::Secret;
use metaxy_diesel::{
    Backend,
    backend::{ConnectError, Open, connect},
};

fn refusal(backend: Backend, url: &str, open: Open) -> ConnectError {
    let error = connect(backend, &Secret::new(url), open).expect_err("it cannot be opened");
    for word in ["hunter2", "zzter2"] {
        assert!(!format!("{error} {error:?}").contains(word), "{error}");
    }
    error
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;
    use std::fs;

    #[test]
    fn missing_files_are_not_created() {
        let database = TestDatabase::new(Backend::Sqlite);
        let file = database.directory().join("missing.db");
        let path = file.to_str().expect("text");
        for url in [path.to_owned(), format!("sqlite://{path}"), format!("file:{path}")] {
            let error = refusal(Backend::Sqlite, &url, Open::Existing);
            assert_eq!(
                error.to_string(),
                format!(
                    "database file `{path}` does not exist: check the path, or create it with `metaxy migration run`"
                )
            );
            assert!(!file.exists());
        }
        let nowhere = format!("{path}/x.db");
        assert_eq!(
            refusal(Backend::Sqlite, &nowhere, Open::Create).to_string(),
            format!("cannot create database file `{nowhere}`: its directory does not exist")
        );
    }

    #[test]
    fn other_files_are_not_opened() {
        let database = TestDatabase::new(Backend::Sqlite);
        let directory = database.directory().to_str().expect("text").to_owned();
        assert_eq!(
            refusal(Backend::Sqlite, &directory, Open::Create).to_string(),
            format!("`{directory}` is not a SQLite database: it is a directory")
        );
        let file = format!("{directory}/notes.txt");
        fs::write(&file, "no database, but long enough to have had a header of one\n".repeat(20))
            .expect("a file can be written");
        assert_eq!(
            refusal(Backend::Sqlite, &file, Open::Existing).to_string(),
            format!("`{file}` is not a SQLite database: it is another kind of file, or encrypted")
        );
        let error = refusal(Backend::Sqlite, "", Open::Create).to_string();
        assert_eq!(error, "the URL is none of SQLite: it names no file");
    }

    #[test]
    fn foreign_keys_hold() {
        let mut connection =
            connect(Backend::Sqlite, &Secret::new(":memory:"), Open::Existing).expect("opens");
        let broken =
            "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id));
            INSERT INTO b VALUES (1);";
        assert!(connection.execute_script(broken).is_err());
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use crate::support::{administrate, postgres_url};
    use std::time::Instant;

    fn with_user(user: &str, database: &str) -> String {
        postgres_url(database).expose().replace("postgres@", &format!("{user}@"))
    }

    #[test]
    fn missing_databases_are_named() {
        let error =
            refusal(Backend::Postgres, &with_user("postgres:hunter2", "nope"), Open::Create);
        assert!(matches!(error, ConnectError::MissingDatabase { .. }), "{error:?}");
        let words = error.to_string();
        assert!(words.starts_with("the database `postgres://postgres:***@"), "{words}");
        assert!(
            words.contains("/nope` does not exist: create it, or correct the name\n"),
            "{words}"
        );
        assert!(words.contains("FATAL:  database \"nope\" does not exist"), "{words}");
    }

    #[test]
    fn users_and_passwords_are_refused_in_words() {
        administrate(
            "DO $$ BEGIN CREATE ROLE metaxy_password LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        );
        for user in ["metaxy_password:hunter2", "metaxy_password", "nobody_here:hunter2"] {
            let error = refusal(Backend::Postgres, &with_user(user, "postgres"), Open::Existing);
            assert!(matches!(error, ConnectError::Authentication { .. }), "{error:?}");
        }
        let right = Secret::new(with_user("metaxy_password:right", "postgres"));
        assert!(connect(Backend::Postgres, &right, Open::Existing).is_ok());
    }

    #[test]
    fn servers_that_do_not_answer_are_named() {
        let start = Instant::now();
        for url in [
            "postgres://ann:hunter2@127.0.0.1:1/videos",
            "postgres://ann:hunter2@host.invalid/videos",
            "host=/nowhere user=ann password=hunter2",
            // Nothing is routed there: only the time limit ends it, unless the network says so at once.
            "postgres://ann:hunter2@192.0.2.1/videos?connect_timeout=2",
        ] {
            let error = refusal(Backend::Postgres, url, Open::Existing);
            assert!(matches!(error, ConnectError::Unreachable { .. }), "{url}: {error:?}");
        }
        assert!(start.elapsed().as_secs() < 30);
    }

    #[test]
    fn malformed_urls_print_no_password() {
        for url in [
            "postgres://ann:hunter2@db:port/videos",
            "postgres://ann:hunter2@db/videos?nonsense=1",
            "postgres://ann:hun%zzter2@db/videos",
            "postgres://ann:x@y:hunter2@db/videos",
            "host=db pasword=hunter2",
            "host=db password='hunter2",
        ] {
            let error = refusal(Backend::Postgres, url, Open::Existing);
            assert!(matches!(error, ConnectError::Malformed { .. }), "{url}: {error:?}");
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::*;
    use crate::support::{administrate_mysql, mysql_servers, mysql_url};

    fn with_user(backend: Backend, user: &str, database: &str) -> String {
        mysql_url(backend, database).expose().replace("root@", &format!("{user}@"))
    }

    #[test]
    fn missing_databases_are_named() {
        for backend in mysql_servers() {
            let error = refusal(backend, &with_user(backend, "root", "nope"), Open::Create);
            assert!(matches!(error, ConnectError::MissingDatabase { .. }), "{error:?}");
            let words = error.to_string();
            assert!(words.starts_with("the database `mysql://root@localhost/nope?"), "{words}");
            assert!(words.contains("does not exist: create it, or correct the name\n"), "{words}");
        }
    }

    #[test]
    fn users_and_passwords_are_refused_in_words() {
        for backend in mysql_servers() {
            administrate_mysql(
                backend,
                "CREATE USER IF NOT EXISTS metaxy_password@localhost IDENTIFIED BY 'right';
                GRANT ALL ON metaxy.* TO metaxy_password@localhost;",
            );
            let with_user = |user, database| with_user(backend, user, database);
            for user in ["metaxy_password:hunter2", "metaxy_password", "nobody_here:hunter2"] {
                let error = refusal(backend, &with_user(user, "metaxy"), Open::Existing);
                assert!(matches!(error, ConnectError::Authentication { .. }), "{error:?}");
            }
            let right = Secret::new(with_user("metaxy_password:right", "metaxy"));
            connect(backend, &right, Open::Existing).expect("user and password are right");
            let url = with_user("metaxy_password:right", "information_schem");
            let error = refusal(backend, &url, Open::Existing);
            assert!(error.to_string().contains("Access denied for user"), "{error}");
        }
    }

    #[test]
    fn servers_that_do_not_answer_are_named() {
        for url in [
            "mysql://ann:hunter2@127.0.0.1:1/videos",
            "mariadb://ann:hunter2@host.invalid/videos",
            "mysql://ann:hunter2@localhost/videos?unix_socket=/nowhere",
        ] {
            let error = refusal(Backend::MariaDb, url, Open::Existing);
            assert!(matches!(error, ConnectError::Unreachable { .. }), "{url}: {error:?}");
        }
    }

    #[test]
    fn malformed_urls_print_no_password() {
        for url in [
            "mysql://ann:hunter2@db:port/videos",
            "mysql://ann:hunter2@db",
            "mysql://ann:hunter2@db/videos/more",
            "postgres://ann:hunter2@db/videos",
            "mysql://ann:hunter2@db/videos?ssl_mode=nonsense",
        ] {
            let error = refusal(Backend::MariaDb, url, Open::Existing);
            assert!(matches!(error, ConnectError::Malformed { .. }), "{url}: {error:?}");
        }
    }

    #[test]
    fn the_other_database_of_the_two_is_named() {
        let check = |found, wanted, expected: &str| {
            let error = refusal(wanted, mysql_url(found, "metaxy").expose(), Open::Existing);
            assert!(error.to_string().ends_with(expected), "{error}");
        };
        for found in mysql_servers() {
            match found {
                Backend::MariaDb => check(
                    found,
                    Backend::Mysql,
                    "` is MariaDB, not MySQL: write `type = \"mariadb\"` for the store",
                ),
                _ => check(
                    found,
                    Backend::MariaDb,
                    "` is MySQL, not MariaDB: write `type = \"mysql\"` for the store",
                ),
            }
        }
    }
}

#[test]
fn backends_that_are_not_compiled_in_name_the_feature() {
    let error = ConnectError::NotCompiled { backend: Backend::Postgres };
    assert_eq!(
        error.to_string(),
        "this build of metaxy cannot connect to PostgreSQL: add the feature \"postgres-bundled\" to `metaxy` in Cargo.toml"
    );
}
