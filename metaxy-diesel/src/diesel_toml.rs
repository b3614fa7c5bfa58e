//! [`diesel_toml`]: the configuration of Diesel's own command line, for one history.

use crate::schema::TableName;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The name of the file, in the directory of the history.
pub const DIESEL_TOML: &str = "diesel.toml";

/// How a file begins that is written anew; others are their owner's.
pub const DIESEL_TOML_MARK: &str = "# Written by `metaxy migration diesel-toml`";

/// A `diesel.toml` that stands in the directory of a history: `diesel migration` works on its migrations, and `print-schema`
/// prints its tables, and no others. `namespace` is the schema of PostgreSQL that tables go to which name none.
///
/// ```
/// use metaxy_diesel::{diesel_toml::diesel_toml, schema::TableName};
///
/// let text = diesel_toml("dev:features", &[TableName::new("video__raw")], None);
/// assert!(text.ends_with(
///     "\n[migrations_directory]\ndir = \".\"\n\n[print_schema.filter]\nonly_tables = [\"^video__raw$\"]\n"
/// ));
/// ```
pub fn diesel_toml<'a>(
    environment: &str,
    tables: impl IntoIterator<Item = &'a TableName>,
    namespace: Option<&str>,
) -> String {
    let mut by_namespace: BTreeMap<Option<&str>, Vec<Value>> = BTreeMap::new();
    for table in tables {
        let namespace = table.schema.as_deref().or(namespace);
        by_namespace.entry(namespace).or_default().push(pattern(&table.name).into());
    }
    // Diesel prints several by their keys only: `diesel print-schema --schema-key media`.
    let print_schema = match by_namespace.len() {
        0 | 1 => by_namespace.pop_first().map(|(namespace, tables)| printed(namespace, tables)),
        _ => {
            let named = by_namespace.into_iter().map(|(namespace, tables)| {
                let key = namespace.unwrap_or("default").to_owned();
                (key, Value::Table(printed(namespace, tables)))
            });
            Some(named.collect())
        }
    };
    let directory = Table::from_iter([("dir".to_owned(), Value::from("."))]);
    let mut all = Table::from_iter([("migrations_directory".to_owned(), Value::Table(directory))]);
    all.extend(print_schema.map(|it| ("print_schema".to_owned(), Value::Table(it))));
    format!(
        "{DIESEL_TOML_MARK}, for {environment}. `generate` keeps it so; without this line it is yours.
#
# Diesel has one table of versions in a database, and this history one of its own: name Diesel's in metaxy.toml, or, where the
# database has several histories, give each a schema of PostgreSQL by the end of its DATABASE_URL:
# `?options=-c%20search_path%3Dmetaxy_features`. docs/histories.md has the rest.

{}",
        toml::to_string(&all).expect("tables with keys of text are TOML")
    )
}

/// What `print-schema` prints of a schema of the database.
fn printed(namespace: Option<&str>, tables: Vec<Value>) -> Table {
    let filter = Table::from_iter([("only_tables".to_owned(), Value::Array(tables))]);
    let mut printed = Table::from_iter([("filter".to_owned(), Value::Table(filter))]);
    printed.extend(namespace.map(|it| ("schema".to_owned(), it.into())));
    printed
}

/// A regular expression that only this name fits.
fn pattern(name: &str) -> String {
    let escaped = name.chars().map(|it| match it.is_alphanumeric() || it == '_' {
        true => it.to_string(),
        false => format!("\\{it}"),
    });
    format!("^{}$", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tables: &[TableName], namespace: Option<&str>, expected: &str) {
        let text = diesel_toml("dev:features", tables, namespace);
        assert!(text.starts_with(DIESEL_TOML_MARK));
        let found: Table = text.parse().expect("it is TOML");
        assert_eq!(found, expected.parse::<Table>().expect("it is TOML"), "{text}");
    }

    #[test]
    fn tables_are_listed_by_their_schemas() {
        let directory = "migrations_directory.dir = '.'\n";
        let plain = [TableName::new("video__raw"), TableName::new("a-b.c")];
        let of = |schema: &str, name: &str| TableName {
            schema: Some(schema.to_owned()),
            ..TableName::new(name)
        };
        let only = r"filter.only_tables = ['^video__raw$', '^a\-b\.c$']";
        check(&[], None, directory);
        check(&plain, None, &format!("{directory}[print_schema]\n{only}"));
        let media = format!("{directory}[print_schema]\nschema = 'media'\n{only}");
        check(&plain, Some("media"), &media);
        let both = [plain[0].clone(), of("media", "face")];
        let expected = format!(
            "{directory}[print_schema.default]\nfilter.only_tables = ['^video__raw$']\n\
             [print_schema.media]\nschema = 'media'\nfilter.only_tables = ['^face$']"
        );
        check(&both, None, &expected);
    }
}
