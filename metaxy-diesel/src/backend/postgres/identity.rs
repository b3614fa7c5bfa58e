//! How PostgreSQL begins and ends the numbering of a column.
//!
//! Source: <https://www.postgresql.org/docs/current/sql-altertable.html>,
//! <https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-SERIAL>.

use super::dialect::type_name;
use crate::{
    columns::{IdentityKey, IdentityRules, IdentityStatements, Numbered},
    schema::{Identity, Numbering, SqlType},
};

/// Numbers in columns of any integer type, in no key or any.
pub(super) const RULES: IdentityRules = IdentityRules {
    definition,
    serial: true,
    key: IdentityKey::None,
    stored_type: None,
    statements: Some(IdentityStatements {
        add,
        created,
        drop,
        change,
        retype,
        // It needs no key.
        hold: |_| [Vec::new(), Vec::new()],
    }),
};

fn definition(identity: Identity, sql_type: &SqlType) -> Option<(String, String)> {
    let serial = match sql_type {
        SqlType::SmallInt => "SMALLSERIAL",
        SqlType::Integer => "SERIAL",
        SqlType::BigInt => "BIGSERIAL",
        _ => return None,
    };
    Some(match identity.numbering {
        Numbering::Always | Numbering::ByDefault => {
            (type_name(sql_type).ok()?, generated(identity))
        }
        // `created` says the rest.
        Numbering::Serial => (serial.to_owned(), String::new()),
    })
}

/// `GENERATED … AS IDENTITY (START WITH 10 INCREMENT BY 10)`.
fn generated(identity: Identity) -> String {
    let how = how(identity.numbering);
    match identity.is_from_one() {
        true => format!("GENERATED {how} AS IDENTITY"),
        false => format!("GENERATED {how} AS IDENTITY ({})", options(identity).join(" ")),
    }
}

fn how(numbering: Numbering) -> &'static str {
    if numbering == Numbering::Always { "ALWAYS" } else { "BY DEFAULT" }
}

/// What is said of a new sequence: it goes from 1 on, or down from -1, unless it begins before that.
fn options(identity: Identity) -> Vec<String> {
    let Identity { start, increment, .. } = identity;
    let mut options = vec![format!("START WITH {start}"), format!("INCREMENT BY {increment}")];
    match increment {
        ..0 if start > -1 => options.push(format!("MAXVALUE {start}")),
        0.. if start < 1 => options.push(format!("MINVALUE {start}")),
        _ => {}
    }
    options
}

/// What is said of a sequence that is there. One that turns around has other bounds, and begins anew.
fn other_options(from: Identity, to: Identity) -> Vec<String> {
    let mut options = options(to);
    if turns(from, to) {
        for bound in ["MINVALUE", "MAXVALUE"] {
            if !options.iter().any(|it| it.starts_with(bound)) {
                options.push(format!("NO {bound}"));
            }
        }
        options.push("RESTART".to_owned());
    }
    options
}

fn turns(from: Identity, to: Identity) -> bool {
    (from.increment < 0) != (to.increment < 0)
}

fn add(column: &Numbered<'_>) -> Vec<String> {
    let mut statements = begin(column);
    statements.push(go_on(column));
    statements
}

/// The next number is one that no row has.
fn go_on(column: &Numbered<'_>) -> String {
    let Numbered { table, table_text, column: name, column_text, identity, .. } = column;
    let Identity { start, increment, .. } = identity;
    let next = match increment {
        _ if identity.is_from_one() => format!("greatest(max({name}), 0) + 1"),
        ..0 => format!("least(min({name}) - {}, {start})", increment.unsigned_abs()),
        _ => format!("greatest(max({name}) + {increment}, {start})"),
    };
    format!(
        "SELECT setval(pg_get_serial_sequence({table_text}, {column_text}), {next}, false) FROM {table};"
    )
}

fn created(column: &Numbered<'_>) -> Vec<String> {
    match column.identity.numbering {
        Numbering::Serial if !column.identity.is_from_one() => {
            let options = other_options(Identity::SERIAL, column.identity);
            [alter_sequence(column, &options.join(" ")), vec![go_on(column)]].concat()
        }
        _ => Vec::new(),
    }
}

fn drop(column: &Numbered<'_>) -> Vec<String> {
    let statements = end(column, column.identity.numbering);
    match column.identity.numbering {
        Numbering::Serial => in_block(column, "", &statements),
        Numbering::Always | Numbering::ByDefault => statements,
    }
}

fn change(column: &Numbered<'_>, from: Identity) -> Vec<String> {
    let Numbered { table, column: name, table_text, column_text, identity, .. } = column;
    let is_serial = |it: &Identity| it.numbering == Numbering::Serial;
    let options = match (from.start, from.increment) == (identity.start, identity.increment) {
        true => Vec::new(),
        false => other_options(from, *identity),
    };
    let mut statements = match (is_serial(&from), is_serial(identity)) {
        (false, false) => {
            let how = (from.numbering != identity.numbering)
                .then(|| format!("GENERATED {}", how(identity.numbering)));
            let set = |it: String| if it == "RESTART" { it } else { format!("SET {it}") };
            let sets: Vec<_> = how.into_iter().chain(options).map(set).collect();
            vec![format!("ALTER TABLE {table} ALTER COLUMN {name} {};", sets.join(" "))]
        }
        (true, true) => alter_sequence(column, &options.join(" ")),
        _ => {
            let next = match (identity.start, identity.increment) {
                _ if options.is_empty() => "following".to_owned(),
                (start, ..0) => format!("least(following, {})", start.max(-1)),
                (start, _) => format!("greatest(following, {})", start.min(1)),
            };
            let mut statements = vec!["following := nextval(numbers);".to_owned()];
            statements.extend(end(column, from.numbering));
            statements.extend(begin(column));
            statements.push(format!(
                "PERFORM setval(pg_get_serial_sequence({table_text}, {column_text}), {next}, false);"
            ));
            in_block(column, " following bigint;", &statements)
        }
    };
    statements.extend(turns(from, *identity).then(|| go_on(column)));
    statements
}

/// The sequence of an identity follows by itself.
fn retype(column: &Numbered<'_>) -> Vec<String> {
    match column.identity.numbering {
        Numbering::Serial => alter_sequence(column, &format!("AS {}", column.sql_type)),
        Numbering::Always | Numbering::ByDefault => Vec::new(),
    }
}

fn alter_sequence(column: &Numbered<'_>, clauses: &str) -> Vec<String> {
    in_block(column, "", &[format!("EXECUTE 'ALTER SEQUENCE ' || numbers || ' {clauses}';")])
}

fn begin(column: &Numbered<'_>) -> Vec<String> {
    let Numbered { table, column: name, sequence, sql_type, identity, .. } = column;
    let alter = |clause: &str| format!("ALTER TABLE {table} ALTER COLUMN {name} {clause};");
    let options = match identity.is_from_one() {
        true => String::new(),
        false => format!(" {}", options(*identity).join(" ")),
    };
    match identity.numbering {
        Numbering::Always | Numbering::ByDefault => {
            vec![alter(&format!("ADD {}", generated(*identity)))]
        }
        Numbering::Serial => vec![
            format!("CREATE SEQUENCE {sequence} AS {sql_type}{options} OWNED BY {table}.{name};"),
            alter(&format!("SET DEFAULT nextval('{}')", sequence.replace('\'', "''"))),
        ],
    }
}

/// What ends it. That of a `serial` is for a block that knows the sequence as `numbers`.
fn end(column: &Numbered<'_>, from: Numbering) -> Vec<String> {
    let Numbered { table, column: name, .. } = column;
    let alter = |clause: &str| format!("ALTER TABLE {table} ALTER COLUMN {name} {clause};");
    match from {
        Numbering::Always | Numbering::ByDefault => vec![alter("DROP IDENTITY")],
        Numbering::Serial => {
            vec![alter("DROP DEFAULT"), "EXECUTE 'DROP SEQUENCE ' || numbers;".to_owned()]
        }
    }
}

/// Statements that know the sequence of the column, which may be called anything, as `numbers`.
fn in_block(column: &Numbered<'_>, variables: &str, statements: &[String]) -> Vec<String> {
    let Numbered { table_text, column_text, .. } = column;
    let statements = statements.join("\n    ");
    vec![format!(
        "DO $metaxy$\nDECLARE numbers text := pg_get_serial_sequence({table_text}, {column_text});{variables}\n\
         BEGIN\n    {statements}\nEND $metaxy$;"
    )]
}
