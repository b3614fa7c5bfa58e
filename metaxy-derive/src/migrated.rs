//! The check that migrations create what a struct declares, for packages that ask for it: `compile_time_check = true` in the
//! `[package.metadata.metaxy]` of their Cargo.toml.
//!
//! What the migrations of a history lead to is in its `snapshot.json`. Names, NULLs, keys and indexes are compared here,
//! expressions by their text, as `generate` compares them. A SQL type, or the table of another feature, is more than its tokens: the
//! compiler compares these, by constants of the types. Checks, defaults, comments, and what a column writes as `ddl` where the
//! snapshot has a word of ours for it, are left to `metaxy migration check`, which has the dialects.

mod settings;
mod snapshot;

use crate::attr::{ForeignKeyAttrs, IndexAttrs, KeyPart, Target};
use crate::errors::Errors;
use crate::expand::{referenced, respan, upstream_const};
use crate::key;
use crate::model::{Column, Feature};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use settings::History;
use snapshot::{ForeignKey, Index, Key, Snapshot, Table};
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
            match written_type(column, &there.word, &snapshot.backend) {
                Written::Same => {}
                Written::Other(here) => {
                    let there = &there.word;
                    let words = format!(
                        "column `{name}` is {here} here, and the migrations of {environment} make it `{there}`"
                    );
                    found.push((span, words));
                }
                Written::Unknown => types.extend(type_check(column, there, snapshot, environment)),
            }
        }
        let own = Own { feature, snapshot };
        found.extend(own.missing(table).map(|(span, what)| (span, lacks(what))));
        types.extend(own.upstream_checks(table, environment));
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

/// What the text of a column says of its type.
enum Written {
    /// What the snapshot has.
    Same,
    /// Something else, in words.
    Other(String),
    /// Nothing.
    Unknown,
}

/// Compares a type that the column writes itself, as SQL or by a length, where the snapshot has it in the same words.
fn written_type(column: &Column, word: &str, database: &str) -> Written {
    let json: serde_json::Value = serde_json::from_str(word).unwrap_or_default();
    let same =
        |here: String, is_same: bool| if is_same { Written::Same } else { Written::Other(here) };
    if let Some(ddl) = &column.attrs.ddl {
        let plain = |it: &str| it.to_lowercase().split_whitespace().collect::<String>();
        let here = plain(&ddl.value());
        let number = |it: &serde_json::Value| it.as_i64().map(|it| it.to_string());
        let there = match (&json["other"], &json["numeric"]) {
            (serde_json::Value::String(other), _) => plain(other),
            (_, numeric) if numeric["precision"].is_i64() => {
                let numbers = [&numeric["precision"], &numeric["scale"]];
                let numbers: Vec<_> = numbers.into_iter().filter_map(number).collect();
                format!("({})", numbers.join(","))
            }
            // Only the dialects know what else it may be.
            _ => return Written::Same,
        };
        let is_numeric =
            there.starts_with('(') && ["numeric", "decimal"].iter().any(|it| here.starts_with(it));
        let is_same = here == there
            || is_numeric && (here.ends_with(&there) || here.ends_with(&there.replace(",0)", ")")));
        return same(format!("`{}`", ddl.value()), is_same);
    }
    if let Some(length) = &column.attrs.length {
        let here = length.base10_digits();
        let found = json["varchar"].as_u64().map(|it| it.to_string());
        // SQLite's texts have no lengths.
        let is_same = found.as_deref() == Some(here) || database == "sqlite";
        return same(format!("a text of {here} characters"), is_same);
    }
    Written::Unknown
}

/// Has the compiler compare the SQL type.
fn type_check(
    column: &Column,
    there: &snapshot::Column,
    snapshot: &Snapshot,
    environment: &str,
) -> TokenStream {
    let snapshot::Column { word, values, .. } = there;
    let (path, name, database) = (&column.known_type().path, &column.name.text, &snapshot.backend);
    let check = quote! {
        const _: () = __metaxy::column_is_stored::<#path>(
            #database, #name, __metaxy::StoredType { word: #word, values: &[#(#values),*] }, #environment,
        );
    };
    respan(check, column.ty.span())
}

/// What a feature declares, on the database of a snapshot.
struct Own<'a> {
    feature: &'a Feature,
    snapshot: &'a Snapshot,
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
            (span, format!("creates the {unique}index on {}", words(&index)))
        });
        let foreign_keys = self.foreign_keys().filter(|it| it.matching(table).next().is_none());
        let foreign_keys = foreign_keys.map(|it| {
            let to = it.table.map(|it| format!(" to `{it}`")).unwrap_or_default();
            (it.span, format!("creates the foreign key of ({}){to}", it.columns.join(", ")))
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
            let keys = vec![Key::Column(column.name.text.clone())];
            let index = |unique| Index { keys: keys.clone(), unique, predicate: None };
            let plain = (column.attrs.index == Some(true)).then(|| index(false));
            let unique = (column.attrs.unique == Some(true)).then(|| index(true));
            plain.into_iter().chain(unique).map(|it| (it, column.name.span))
        });
        let own = self.feature.attrs.indexes.iter().filter(|it| self.has(it));
        columns.chain(own.map(|it| (self.index(it), it.span)))
    }

    fn has(&self, index: &IndexAttrs) -> bool {
        let database = self.snapshot.backend.as_str();
        let is_here = |it: &str| it == database || (it, database) == ("postgresql", "postgres");
        index.databases.as_ref().is_none_or(|names| names.iter().any(|it| is_here(&it.text)))
    }

    fn index(&self, index: &IndexAttrs) -> Index {
        let key = |part: &KeyPart| match part {
            KeyPart::Column(name) => Key::Column(self.feature.column_name(name).to_owned()),
            KeyPart::Expression(sql) => Key::Expression(sql.value()),
        };
        Index {
            keys: index.keys.iter().map(|it| key(&it.part)).collect(),
            unique: index.unique,
            predicate: index.predicate.as_ref().map(syn::LitStr::value),
        }
    }

    fn foreign_keys(&self) -> impl Iterator<Item = OwnForeignKey<'_>> {
        self.feature.foreign_keys().map(|key| OwnForeignKey {
            key,
            columns: key.columns.iter().map(|it| self.feature.column_name(it).to_owned()).collect(),
            referenced: referenced(self.feature, key).map(|it| it.text).collect(),
            table: match (&key.table, &key.feature) {
                (Some(table), _) => Some(table.value()),
                (None, Some(Target::Key(key))) => {
                    let prefix = &self.snapshot.table_prefix;
                    Some(format!("{prefix}{}", key::table_name(&key.text)))
                }
                (None, _) => None,
            },
            span: key.columns.first().map_or(self.feature.key.span, |it| it.span),
        })
    }

    /// Has the compiler look whether a foreign key to a feature refers to its table: only it knows the key of a type.
    fn upstream_checks(&self, table: &Table, environment: &str) -> TokenStream {
        let checks = self.foreign_keys().filter_map(|own| {
            let Some(Target::Type(path)) = &own.key.feature else { return None };
            let tables: Vec<_> = own.matching(table).map(|it| it.table.as_str()).collect();
            if tables.is_empty() {
                // That was said.
                return None;
            }
            let upstream = upstream_const(self.feature, path, own.span);
            let (prefix, columns) = (&self.snapshot.table_prefix, own.columns.join(", "));
            let check = quote! {
                const _: () = #upstream.is_referenced(#columns, #prefix, &[#(#tables),*], #environment);
            };
            Some(respan(check, own.span))
        });
        checks.collect()
    }
}

/// A foreign key of the feature.
struct OwnForeignKey<'a> {
    key: &'a ForeignKeyAttrs,
    columns: Vec<String>,
    /// The columns that it refers to.
    referenced: Vec<String>,
    /// The table that it refers to; `None`: that of a type.
    table: Option<String>,
    span: Span,
}

impl OwnForeignKey<'_> {
    /// Those of a table that this one may be.
    fn matching<'t>(&self, table: &'t Table) -> impl Iterator<Item = &'t ForeignKey> {
        let schema = self.key.schema.as_ref().map(syn::LitStr::value);
        table.foreign_keys.iter().filter(move |it| {
            let is_there = self.table.as_ref().is_none_or(|table| it.table == *table);
            // The schema of a feature's table is the feature's.
            let is_schema = self.key.table.is_none() || it.schema == schema;
            it.columns == self.columns && it.referenced == self.referenced && is_there && is_schema
        })
    }
}

fn words(index: &Index) -> String {
    let keys = index.keys.iter().map(|it| match it {
        Key::Column(name) => name.clone(),
        Key::Expression(sql) => format!("({sql})"),
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    match &index.predicate {
        Some(predicate) => format!("({keys}) where {predicate}"),
        None => format!("({keys})"),
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
                {"name": "size", "type": "big_int"},
                {"name": "title", "type": {"varchar": 40}},
                {"name": "place", "type": {"other": "point"}},
                {"name": "price", "type": {"numeric": {"precision": 10, "scale": 2}}}
            ],
            "primary_key": {"columns": ["metaxy_feature_version", "video_id", "metaxy_updated_at"]},
            "uniques": [{"name": "u", "columns": ["size", "path"]}],
            "foreign_keys": [{"name": "f", "columns": ["size"], "references": {"name": "s"}, "referenced_columns": ["id"]}],
            "indexes": [{"name": "i", "columns": ["size", {"column": "path", "prefix": 255}]}, {"name": "e", "columns": [{"expression": "lower(path)"}]},
                {"name": "w", "columns": ["size"], "where": "size > 0"}]
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
                   index(expression("lower(path)")), index(video_id, databases(postgres)), index(size, where = "size > 0"))]
               struct Video {
                   video_id: String,
                   path: Option<String>,
                   #[metaxy(foreign_key(table = "s", column = "id"))]
                   size: i64,
                   #[metaxy(length = 40)]
                   title: String,
                   #[metaxy(sql_type = Point, ddl = "POINT")]
                   place: Point,
                   #[metaxy(sql_type = Numeric, ddl = "Numeric(10, 2)")]
                   price: BigDecimal,
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
            r#"#[metaxy(key = "video/raw", id_columns(video_id, size), unique(path), index(expression("upper(path)")),
                   index(size, where = "size > 1"), foreign_key(columns(size), feature = "s", references(id)))]
               struct Video {
                   video_id: String,
                   #[metaxy(index)]
                   path: String,
                   #[metaxy(foreign_key(table = "s", column = "id"))]
                   new: i64,
                   size: Option<i64>,
                   #[metaxy(length = 50)]
                   title: String,
                   #[metaxy(sql_type = Point, ddl = "polygon")]
                   place: Point,
                   #[metaxy(sql_type = Numeric, ddl = "numeric(10, 3)")]
                   price: BigDecimal,
               }"#,
            &[
                "column `path` is no `Option` here, and the migrations of dev:features let it be NULL",
                "no migration of dev:features creates the column `new`",
                "column `size` may be NULL here, and the migrations of dev:features make it NOT NULL",
                "no migration of dev:features gives the table the primary key (metaxy_feature_version, video_id, size, metaxy_updated_at)",
                "no migration of dev:features creates the index on (path)",
                "no migration of dev:features creates the unique index on (path)",
                "no migration of dev:features creates the foreign key of (new) to `s`",
                "no migration of dev:features creates the index on ((upper(path)))",
                "no migration of dev:features creates the index on (size) where size > 1",
                "no migration of dev:features creates the foreign key of (size) to `dev_s`",
                "column `title` is a text of 50 characters here, and the migrations of dev:features make it `{\"varchar\":40}`",
                "column `place` is `polygon` here, and the migrations of dev:features make it `{\"other\":\"point\"}`",
                "column `price` is `numeric(10, 3)` here, and the migrations of dev:features make it \
                 `{\"numeric\":{\"precision\":10,\"scale\":2}}`",
            ],
        );
    }
}
