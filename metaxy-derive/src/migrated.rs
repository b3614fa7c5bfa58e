//! The check that migrations create what a struct declares, for packages that ask for it: `compile_time_check = true` in the
//! `[package.metadata.metaxy]` of their Cargo.toml.
//!
//! What the migrations of a history lead to is in its `snapshot.json`. Names, NULLs, keys and indexes are compared here. A SQL
//! type is more than its tokens: the compiler compares it, by a constant of the type. Conditions, expressions, defaults and the
//! types that databases do not share are left to `metaxy migration check`, which has the dialects.

mod settings;
mod snapshot;

use crate::attr::{IndexAttrs, KeyPart};
use crate::errors::Errors;
use crate::expand::respan;
use crate::key;
use crate::model::{Column, Feature};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use settings::History;
use snapshot::{Index, Snapshot, Table};
use std::path::Path;
use syn::spanned::Spanned;

/// What switches the check off: `cargo metaxy` has to build the package whose migrations it writes.
const UNCHECKED: &str = "METAXY_UNCHECKED";

/// Finds what no migration creates. The output has the compiler compare types, and Cargo build anew where a file or the variable
/// changes.
pub fn check(feature: &Feature, errors: &mut Errors) -> TokenStream {
    let Some(package) = std::env::var_os("CARGO_MANIFEST_DIR") else { return TokenStream::new() };
    let settings = match settings::read(Path::new(&package)) {
        Ok(None) => return TokenStream::new(),
        Ok(Some(settings)) => settings,
        Err(message) => {
            errors.at(feature.key.span, message);
            return TokenStream::new();
        }
    };
    let mut output = quote!(
        const _: ::core::option::Option<&str> = ::core::option_env!(#UNCHECKED);
    );
    if std::env::var_os(UNCHECKED).is_some_and(|it| !it.is_empty()) {
        return output;
    }
    let mut files: Vec<_> = settings.files;
    for history in &settings.histories {
        match snapshot::read(&history.snapshot) {
            Ok(Some(snapshot)) => {
                files.push(history.snapshot.clone());
                output.extend(compare(feature, &snapshot, history, errors));
            }
            Ok(None) => {
                let message =
                    format!("{} has no migration: {}", history.environment, history.mend());
                errors.at(feature.key.span, message);
            }
            Err(message) => {
                let file = history.snapshot.display();
                errors.at(feature.key.span, format!("{file}: {message}"));
            }
        }
    }
    let files = files.iter().filter_map(|it| it.to_str());
    output.extend(quote!(#(const _: &[u8] = ::core::include_bytes!(#files);)*));
    output
}

/// What the migrations of a history lack of a feature.
fn compare(
    feature: &Feature,
    snapshot: &Snapshot,
    history: &History,
    errors: &mut Errors,
) -> TokenStream {
    let name = format!("{}{}", snapshot.table_prefix, key::table_name(&feature.key.text));
    let environment = &history.environment;
    let (mut found, mut types) = (Vec::new(), TokenStream::new());
    let lacks = |what: String| format!("no migration of {environment} {what}");
    if let Some(table) = snapshot.tables.get(&name) {
        for column in &feature.columns {
            let (name, span) = (&column.name.text, column.name.span);
            let Some(there) = table.columns.get(name) else {
                found.push((span, lacks(format!("creates the column `{name}`"))));
                continue;
            };
            // What the database computes may be NULL there whatever the struct says.
            if column.attrs.generated.is_none()
                && let Some(words) = null(column.known_type().nullable, there.nullable)
            {
                let [here, there] = words;
                let words =
                    format!("column `{name}` {here}, and the migrations of {environment} {there}");
                found.push((span, words));
            }
            types.extend(type_check(column, &there.word, snapshot, environment));
        }
        found.extend(
            Own { feature, database: &snapshot.backend }
                .missing(table)
                .map(|(span, what)| (span, lacks(what))),
        );
    } else {
        found.push((feature.key.span, lacks(format!("creates the table `{name}`"))));
    }
    for (span, what) in found {
        errors.at(span, format!("{what}: {}", history.mend()));
    }
    types
}

/// What differs in whether a column may be NULL, here and there.
fn null(here: bool, there: bool) -> Option<[&'static str; 2]> {
    match (here, there) {
        (true, false) => Some(["may be NULL here", "make it NOT NULL"]),
        (false, true) => Some(["is no `Option` here", "let it be NULL"]),
        _ => None,
    }
}

/// Has the compiler compare the SQL type.
fn type_check(
    column: &Column,
    word: &str,
    snapshot: &Snapshot,
    environment: &str,
) -> Option<TokenStream> {
    // What the user writes as SQL, only the database understands.
    if column.attrs.ddl.is_some() {
        return None;
    }
    let (path, name, database) = (&column.known_type().path, &column.name.text, &snapshot.backend);
    let check = quote! {
        const _: () = __metaxy::column_is_stored(
            #database, #name, <#path as __metaxy::SqlTypeInfo>::NAME, #word, #environment,
        );
    };
    Some(respan(check, column.ty.span()))
}

/// What a feature declares, on a database.
struct Own<'a> {
    feature: &'a Feature,
    database: &'a str,
}

impl Own<'_> {
    /// The keys and indexes that a table lacks, in words.
    fn missing(&self, table: &Table) -> impl Iterator<Item = (Span, String)> {
        let key = self.primary_key().filter(|it| *it != table.primary_key);
        let key_span = self.feature.id_columns.first().map_or(self.feature.key.span, |it| it.span);
        let key = key
            .map(|it| (key_span, format!("gives the table the primary key ({})", it.join(", "))));
        let indexes = self.indexes().filter(|(it, _)| !table.indexes.contains(it));
        let indexes = indexes.map(|(index, span)| {
            let unique = if index.unique { "unique " } else { "" };
            (span, format!("creates the {unique}index on ({})", index.columns.join(", ")))
        });
        let foreign_keys = self.foreign_keys().filter(|(it, _)| !table.foreign_keys.contains(it));
        let foreign_keys = foreign_keys.map(|(columns, span)| {
            (span, format!("creates the foreign key of ({})", columns.join(", ")))
        });
        key.into_iter().chain(indexes).chain(foreign_keys)
    }

    fn primary_key(&self) -> Option<Vec<String>> {
        let ids = self.feature.id_columns.iter().map(|it| self.feature.column_name(it).to_owned());
        let first = ["metaxy_feature_version".to_owned()].into_iter();
        let key = first.chain(ids).chain(["metaxy_updated_at".to_owned()]).collect();
        (self.feature.attrs.inject_primary_key != Some(false)).then_some(key)
    }

    fn indexes(&self) -> impl Iterator<Item = (Index, Span)> {
        let columns = self.feature.columns.iter().flat_map(|column| {
            let index = |unique| Index { columns: vec![column.name.text.clone()], unique };
            let plain = (column.attrs.index == Some(true)).then(|| index(false));
            let unique = (column.attrs.unique == Some(true)).then(|| index(true));
            plain.into_iter().chain(unique).map(|it| (it, column.name.span))
        });
        let own = self.feature.attrs.indexes.iter().filter(|it| self.has(it));
        columns.chain(own.filter_map(|it| Some((self.index(it)?, it.span))))
    }

    fn has(&self, index: &IndexAttrs) -> bool {
        let is_here =
            |it: &str| it == self.database || (it, self.database) == ("postgresql", "postgres");
        index.databases.as_ref().is_none_or(|names| names.iter().any(|it| is_here(&it.text)))
    }

    /// `None`: it is of expressions, which databases write their own way.
    fn index(&self, index: &IndexAttrs) -> Option<Index> {
        let column = |part: &KeyPart| match part {
            KeyPart::Column(name) => Some(self.feature.column_name(name).to_owned()),
            KeyPart::Expression(_) => None,
        };
        let columns = index.keys.iter().map(|it| column(&it.part)).collect::<Option<_>>()?;
        Some(Index { columns, unique: index.unique })
    }

    fn foreign_keys(&self) -> impl Iterator<Item = (Vec<String>, Span)> {
        self.feature.foreign_keys().map(|key| {
            let columns = key.columns.iter().map(|it| self.feature.column_name(it).to_owned());
            let span = key.columns.first().map_or(self.feature.key.span, |it| it.span);
            (columns.collect(), span)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::FeatureAttrs;
    use syn::DeriveInput;

    const SNAPSHOT: &str = r#"{
        "format": 1, "backend": "mariadb", "scope": "features", "migration": "1", "table_prefix": "dev_",
        "schema": {"tables": [{
            "name": "dev_video__raw",
            "columns": [
                {"name": "video_id", "type": {"varchar": 255}},
                {"name": "path", "type": "text", "nullable": true},
                {"name": "size", "type": "big_int"}
            ],
            "primary_key": {"columns": ["metaxy_feature_version", "video_id", "metaxy_updated_at"]},
            "uniques": [{"name": "u", "columns": ["size", "path"]}],
            "foreign_keys": [{"name": "f", "columns": ["size"], "references": {"name": "s"}, "referenced_columns": ["id"]}],
            "indexes": [{"name": "i", "columns": ["size", {"column": "path", "prefix": 255}]}, {"name": "e", "columns": [{"expression": "lower(path)"}]}]
        }]}
    }"#;

    fn check(item: &str, expected: &[&str]) {
        let snapshot = snapshot::parse(SNAPSHOT).expect("is a snapshot");
        let item: DeriveInput = syn::parse_str(item).expect("is a struct");
        let mut errors = Errors::default();
        let attrs = FeatureAttrs::of_struct(&item.attrs, &mut errors);
        let feature = Feature::read(&item, attrs, &mut errors).expect("is a feature");
        assert!(errors.is_empty());
        let history = History { environment: "dev:features".to_owned(), snapshot: "s".into() };
        compare(&feature, &snapshot, &history, &mut errors);
        let mut found = errors.messages();
        for expected in expected {
            let expected = format!("{expected}: {}", history.mend());
            let at = found.iter().position(|it| *it == expected);
            found.remove(at.unwrap_or_else(|| panic!("`{expected}` is not among {found:#?}")));
        }
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn what_migrations_create_is_fine() {
        check(
            r#"#[metaxy(key = "video/raw", id_columns(video_id), index(size, path), unique(size, path),
                   index(expression("upper(path)")), index(video_id, databases(postgres)))]
               struct Video {
                   video_id: String,
                   path: Option<String>,
                   #[metaxy(foreign_key(table = "s", column = "id"))]
                   size: i64,
               }"#,
            &[],
        );
    }

    #[test]
    fn what_no_migration_creates_is_named() {
        check(
            r#"#[metaxy(key = "video/cut", id_columns(video_id))] struct Cut { video_id: String }"#,
            &["no migration of dev:features creates the table `dev_video__cut`"],
        );
        check(
            r#"#[metaxy(key = "video/raw", id_columns(video_id, size), unique(path))]
               struct Video {
                   video_id: String,
                   #[metaxy(index)]
                   path: String,
                   #[metaxy(foreign_key(table = "s", column = "id"))]
                   new: i64,
                   size: Option<i64>,
               }"#,
            &[
                "column `path` is no `Option` here, and the migrations of dev:features let it be NULL",
                "no migration of dev:features creates the column `new`",
                "column `size` may be NULL here, and the migrations of dev:features make it NOT NULL",
                "no migration of dev:features gives the table the primary key (metaxy_feature_version, video_id, size, metaxy_updated_at)",
                "no migration of dev:features creates the index on (path)",
                "no migration of dev:features creates the unique index on (path)",
                "no migration of dev:features creates the foreign key of (new)",
            ],
        );
    }
}
