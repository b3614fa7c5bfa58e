use diesel::result::{DatabaseErrorKind, Error};

use crate::{database, run};

#[test]
fn errors_are_of_their_kind() {
    let mut connection = database(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, u INTEGER UNIQUE, n INTEGER NOT NULL, c INTEGER CHECK (c > 0));
         CREATE TABLE q (id INTEGER REFERENCES p (id), x VARCHAR);
         CREATE UNIQUE INDEX ux ON q (x);
         INSERT INTO p VALUES (1, 1, 1, 1);
         INSERT INTO q VALUES (1, 'a')",
    );
    let mut check =
        |sql: &str, expected: DatabaseErrorKind, table: Option<&str>, column: Option<&str>| {
            let Err(Error::DatabaseError(kind, said)) = run(&mut connection, sql) else {
                panic!("{sql} fails")
            };
            assert_eq!(format!("{kind:?}"), format!("{expected:?}"), "{sql}: {}", said.message());
            assert_eq!(
                (said.table_name(), said.column_name()),
                (table, column),
                "{sql}: {}",
                said.message()
            );
            assert_eq!(said.constraint_name(), None, "{sql}");
        };
    use DatabaseErrorKind::*;
    check("INSERT INTO p VALUES (1, 2, 1, 1)", UniqueViolation, None, None);
    check("INSERT INTO p VALUES (2, 1, 1, 1)", UniqueViolation, None, None);
    check("INSERT INTO q VALUES (1, 'a')", UniqueViolation, None, None);
    check("INSERT INTO q VALUES (1, 'b'), (1, 'b')", UniqueViolation, None, None);
    check("INSERT INTO q VALUES (9, 'c')", ForeignKeyViolation, None, None);
    check("DELETE FROM p", ForeignKeyViolation, None, None);
    check("INSERT INTO p VALUES (2, 2, NULL, 1)", NotNullViolation, Some("p"), Some("n"));
    check("INSERT INTO p VALUES (2, 2, 2, -1)", CheckViolation, Some("p"), None);
    check("SELECT * FROM nope", Unknown, None, None);
    check("SELEC 1", Unknown, None, None);
    check("", Unknown, None, None);
}

#[test]
fn a_hint_is_given() {
    let mut connection = database("CREATE TABLE people (id INTEGER)");
    let Err(Error::DatabaseError(_, said)) = run(&mut connection, "SELECT * FROM peoples") else {
        panic!("it fails")
    };
    assert_eq!(said.hint(), Some("\"people\"?"));
}
