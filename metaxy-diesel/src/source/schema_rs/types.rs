//! The types of a `table!`, as SQL has them.

use crate::{backend::Backend, dialect::Dialect, schema::SqlType};
use std::collections::BTreeMap;
use syn::{Attribute, GenericArgument, Item, LitStr, PathArguments, Type, TypePath};

/// What the names of types in a file stand for.
pub(super) struct Types {
    dialect: &'static Dialect,
    /// Types as `to_schema_rs` and Diesel's CLI name them for the database.
    own: BTreeMap<String, SqlType>,
    /// Types that the file declares, by name: what the database calls them.
    declared: BTreeMap<String, String>,
}

/// Of two that Diesel has one name for, the one that counts comes first.
const SQL_TYPES: [SqlType; 16] = [
    SqlType::SmallInt,
    SqlType::Integer,
    SqlType::BigInt,
    SqlType::Float,
    SqlType::Double,
    SqlType::Numeric { precision: None, scale: None },
    SqlType::Bool,
    SqlType::Text,
    SqlType::Binary,
    SqlType::Date,
    SqlType::Time,
    SqlType::Timestamp,
    SqlType::Timestamptz,
    SqlType::Uuid,
    SqlType::Json,
    SqlType::Jsonb,
];

impl Types {
    /// The types of Diesel, and those that these items declare.
    pub(super) fn of(items: &[Item], backend: Backend) -> Self {
        let (dialect, mut declared, mut own) =
            (backend.dialect(), BTreeMap::new(), BTreeMap::new());
        declarations(items, backend, &mut declared);
        for sql_type in SQL_TYPES {
            if let Ok(name) = (dialect.diesel_type)(&sql_type) {
                own.entry(name).or_insert(sql_type);
            }
        }
        Self { dialect, own, declared }
    }

    /// The type, and whether it may be NULL.
    pub(super) fn read(
        &self,
        path: &TypePath,
        length: Option<u32>,
    ) -> Result<(SqlType, bool), String> {
        let (name, argument) = parts(path)?;
        match (name.as_str(), argument) {
            ("Nullable", Some(inner)) => Ok((self.read(inner, length)?.0, true)),
            // Elements may always be NULL.
            ("Array", Some(inner)) => {
                Ok((SqlType::Array(Box::new(self.read(inner, None)?.0)), false))
            }
            ("Range", Some(inner)) => {
                let (name, _) = parts(inner)?;
                let range =
                    range(&name).ok_or_else(|| format!("there are no ranges of `{name}`"))?;
                Ok((SqlType::Other(range.to_owned()), false))
            }
            ("Unsigned", Some(inner)) => {
                let name = parts(inner)?.0.to_lowercase().replace("integer", "int");
                Ok(((self.dialect.parse_type)(&format!("{name} unsigned")), false))
            }
            (name, None) => Ok((self.named(name, length), false)),
            (name, Some(_)) => Err(format!("`{name}<…>` is no SQL type of Diesel")),
        }
    }

    fn named(&self, name: &str, length: Option<u32>) -> SqlType {
        let parse = self.dialect.parse_type;
        match (name, length) {
            ("Text" | "Varchar" | "VarChar", Some(length)) => parse(&format!("varchar({length})")),
            ("Bpchar" | "Char", Some(length)) => parse(&format!("character({length})")),
            _ => match (self.declared.get(name), self.own.get(name)) {
                (Some(declared), _) => parse(declared),
                (None, Some(own)) => own.clone(),
                // Others are named as the database names them, but for the case.
                (None, None) => fixed(name).unwrap_or_else(|| parse(&name.to_lowercase())),
            },
        }
    }
}

/// Names that mean the same whatever the database.
///
/// Source: <https://docs.diesel.rs/2.3.x/diesel/sql_types/index.html>.
fn fixed(name: &str) -> Option<SqlType> {
    Some(match name {
        "SmallInt" | "Smallint" | "Int2" | "SmallSerial" => SqlType::SmallInt,
        "Integer" | "Int4" | "Serial" => SqlType::Integer,
        "BigInt" | "Bigint" | "Int8" | "BigSerial" => SqlType::BigInt,
        "Float" | "Float4" => SqlType::Float,
        "Double" | "Float8" => SqlType::Double,
        "Numeric" | "Decimal" => SqlType::Numeric { precision: None, scale: None },
        "Bool" => SqlType::Bool,
        "Binary" | "Bytea" => SqlType::Binary,
        "Timestamptz" | "TimestamptzSqlite" => SqlType::Timestamptz,
        "UtcTimestamp" => SqlType::UtcTimestamp,
        "FieldVersionsMap" => SqlType::FieldVersions,
        "Uuid" => SqlType::Uuid,
        "Json" => SqlType::Json,
        "Jsonb" => SqlType::Jsonb,
        "CChar" => SqlType::Other("\"char\"".to_owned()),
        "PgLsn" => SqlType::Other("pg_lsn".to_owned()),
        _ => return None,
    })
}

/// Source: <https://www.postgresql.org/docs/current/rangetypes.html>.
fn range(element: &str) -> Option<&'static str> {
    Some(match element {
        "Integer" | "Int4" => "int4range",
        "BigInt" | "Bigint" | "Int8" => "int8range",
        "Numeric" | "Decimal" => "numrange",
        "Timestamp" => "tsrange",
        "Timestamptz" => "tstzrange",
        "Date" => "daterange",
        _ => return None,
    })
}

/// The last part of the name of a type, and its argument.
fn parts(path: &TypePath) -> Result<(String, Option<&TypePath>), String> {
    let Some(segment) = path.path.segments.last() else {
        return Err("the type has no name".to_owned());
    };
    let name = segment.ident.to_string();
    let argument = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    };
    match argument {
        None => Ok((name, None)),
        Some(GenericArgument::Type(Type::Path(path))) => Ok((name, Some(path))),
        Some(_) => Err(format!("`{name}<…>` is no SQL type of Diesel")),
    }
}

/// `#[diesel(postgres_type(name = "mood"))] struct Mood;`, and what other databases have in its place.
fn declarations(items: &[Item], backend: Backend, declared: &mut BTreeMap<String, String>) {
    for item in items {
        match item {
            Item::Mod(module) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                declarations(items.unwrap_or_default(), backend, declared);
            }
            Item::Struct(item) => {
                let attributes = item.attrs.iter().filter(|it| it.path().is_ident("diesel"));
                if let Some(name) = attributes.filter_map(|it| declared_name(it, backend)).next() {
                    declared.insert(item.ident.to_string(), name);
                }
            }
            _ => {}
        }
    }
}

fn declared_name(attribute: &Attribute, backend: Backend) -> Option<String> {
    // MariaDB is Diesel's MySQL.
    let key = match backend {
        Backend::MariaDb => "mysql_type".to_owned(),
        backend => format!("{}_type", backend.name()),
    };
    let mut name = None;
    // What is none of these belongs to something else: it is passed over.
    _ = attribute.parse_nested_meta(|meta| {
        if !meta.path.is_ident(&key) {
            return Ok(());
        }
        meta.parse_nested_meta(|meta| {
            let value: LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("name") {
                name = Some(value.value());
            }
            Ok(())
        })
    });
    name
}
