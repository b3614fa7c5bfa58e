//! Schemas of PostgreSQL: here namespaces.

use super::DIALECT;
use crate::dialect::Namespaces;

pub(super) const NAMESPACES: Namespaces = Namespaces { create, drop, take_in };

/// The comment of a namespace that a migration made. Whoever gives it another one has taken it over.
const MARK: &str = "made by a migration of metaxy";

/// Makes the namespace that the search path names alone, as `connection_params.schema` of a store does.
pub(super) const MAKE_DEFAULT: &str = r#"DO $metaxy$
DECLARE
    path text := current_setting('search_path');
BEGIN
    IF current_schema() IS NULL AND path ~ '^("([^"]|"")+"|[a-z_][a-z0-9_]*)$' AND path <> '"$user"' THEN
        EXECUTE 'CREATE SCHEMA ' || path;
    END IF;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL;
END $metaxy$;"#;

/// Has a script go where a store's connections go, and makes that namespace where it is not there.
pub(super) fn go_to(search_path: &str) -> String {
    let set =
        format!("PERFORM set_config('search_path', {}, false);", DIALECT.quote_text(search_path));
    format!("{}\n{MAKE_DEFAULT}\n", block(&format!("BEGIN {set} END")))
}

/// Another history may make it at the same time.
fn create(name: &str) -> String {
    let (found, mark) = (found(name), DIALECT.quote_text(MARK));
    block(&format!(
        "BEGIN
    IF {found} IS NULL THEN
        CREATE SCHEMA {name};
        COMMENT ON SCHEMA {name} IS {mark};
    END IF;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL;
END"
    ))
}

fn drop(name: &str) -> String {
    let (found, mark) = (found(name), DIALECT.quote_text(MARK));
    block(&format!(
        "BEGIN
    IF obj_description({found}, 'pg_namespace') = {mark} THEN
        DROP SCHEMA {name};
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
END"
    ))
}

fn take_in(alter: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{alter} SET SCHEMA {name};"),
        // The statement wants a name, and only the connection knows it.
        None => {
            let statement = DIALECT.quote_text(&format!("{alter} SET SCHEMA "));
            block(&format!("BEGIN\n    EXECUTE {statement} || quote_ident(current_schema());\nEND"))
        }
    }
}

/// What is there by a name, without an error where nothing is.
fn found(name: &str) -> String {
    format!("to_regnamespace({})", DIALECT.quote_text(name))
}

/// A block of statements, in quotes that none of its names holds.
fn block(body: &str) -> String {
    let mut tag = "$metaxy$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    format!("DO {tag} {body} {tag};")
}
