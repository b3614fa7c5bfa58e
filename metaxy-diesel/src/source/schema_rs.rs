//! Reads the `table!` blocks of a `schema.rs`.

mod types;

use super::{SourceError, read::text_of};
use crate::{
    backend::Backend,
    schema::{Column, PrimaryKey, Schema, Table, TableName},
};
use diesel_table_macro_syntax::{ColumnDef, TableDecl};
use std::path::Path;
use syn::{Attribute, Expr, Ident, Item, Lit, Meta, ext::IdentExt, spanned::Spanned};
use types::Types;

/// The tables of a `schema.rs`, as far as it tells of them: names, columns, types, nullability and primary keys.
pub(super) fn read(file: &Path, backend: Backend) -> Result<Schema, SourceError> {
    parse(&text_of(file)?, backend).map_err(|error| SourceError::SchemaRs {
        path: file.to_owned(),
        line: Some(error.span().start().line),
        message: error.to_string(),
    })
}

fn parse(text: &str, backend: Backend) -> syn::Result<Schema> {
    let file = syn::parse_file(text)?;
    let types = Types::of(&file.items, backend);
    let mut tables = Vec::new();
    collect(&file.items, &types, &mut tables)?;
    Ok(tables.into_iter().collect())
}

/// The tables of these items, and of the modules among them.
fn collect(items: &[Item], types: &Types, tables: &mut Vec<Table>) -> syn::Result<()> {
    for item in items {
        match item {
            Item::Mod(module) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                collect(items.unwrap_or_default(), types, tables)?;
            }
            Item::Macro(item)
                if item.mac.path.segments.last().is_some_and(|it| it.ident == "table") =>
            {
                tables.push(table(&item.mac.parse_body()?, types)?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn table(declared: &TableDecl, types: &Types) -> syn::Result<Table> {
    let columns = declared.column_defs.iter().map(|it| column(it, types));
    let name = TableName {
        schema: declared.schema.as_ref().map(Ident::unraw).map(|it| it.to_string()),
        name: declared.sql_name.clone(),
    };
    let key = match &declared.primary_keys {
        Some(keys) => {
            keys.keys.iter().map(|it| column_name(declared, it)).collect::<syn::Result<_>>()?
        }
        // As Diesel has it.
        None => vec!["id".to_owned()],
    };
    Ok(Table {
        primary_key: Some(PrimaryKey { name: None, columns: key }),
        comment: doc(&declared.meta),
        ..Table::new(name, columns.collect::<syn::Result<_>>()?)
    })
}

/// The name in the database of a column that is named as in Rust.
fn column_name(table: &TableDecl, name: &Ident) -> syn::Result<String> {
    let column = table.column_defs.iter().find(|it| it.column_name == *name);
    column.map(|it| it.sql_name.clone()).ok_or_else(|| {
        let message = format!(
            "the primary key names `{name}`, and table `{}` has no such column",
            table.sql_name
        );
        syn::Error::new(name.span(), message)
    })
}

fn column(declared: &ColumnDef, types: &Types) -> syn::Result<Column> {
    let length = declared.max_length.as_ref().map(syn::LitInt::base10_parse).transpose()?;
    let (sql_type, nullable) = types.read(&declared.tpe, length).map_err(|message| {
        syn::Error::new(declared.tpe.span(), format!("column `{}`: {message}", declared.sql_name))
    })?;
    let comment = doc(&declared.meta);
    Ok(Column { nullable, comment, ..Column::new(&declared.sql_name, sql_type) })
}

/// The doc comment, without the blank that each line begins with.
fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(expression) => match &expression.lit {
                    Lit::Str(text) => Some(text.value().trim().to_owned()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SqlType;
    use std::{fs, path::Path};

    #[test]
    fn what_is_written_is_read_back() {
        for backend in Backend::ALL {
            let file = format!("tests/schema_rs/{}.rs", backend.name());
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = fs::read_to_string(&file).expect("the file is there");
            let schema = parse(&text, backend).expect("it is Rust");
            assert_eq!(schema.tables.len(), 2);
            let written = schema.to_schema_rs(backend).expect("Diesel has the types");
            // References are not read.
            let tables = text.split("\ndiesel::joinable!").next().unwrap_or_default();
            assert_eq!(written, tables, "{}", file.display());
        }
    }

    #[test]
    fn all_forms_of_tables_are_read() {
        let text = r##"
            pub mod sql_types {
                #[derive(diesel::sql_types::SqlType)]
                #[diesel(postgres_type(name = "mood"))]
                pub struct Mood;
            }
            pub mod inner {
                table! {
                    use diesel::sql_types::*;
                    /// Of the
                    /// user.
                    #[sql_name = "from where"]
                    other.t (the_id, r#type) {
                        #[sql_name = "the \"id\""]
                        the_id -> Int4,
                        r#type -> diesel::sql_types::Nullable<super::sql_types::Mood>,
                        ranges -> Nullable<Range<Timestamptz>>,
                        lists -> Array<Nullable<Text>>,
                        address -> Inet,
                    }
                }
            }
            diesel::table! { plain { id -> Serial } }
            joinable!(t -> plain (the_id));
        "##;
        let schema = parse(text, Backend::Postgres).expect("it is Rust");
        let tables: Vec<_> = schema.tables.values().collect();
        let [plain, other] = tables[..] else { panic!("two tables: {tables:?}") };
        assert_eq!(
            (plain.name.name.as_str(), &plain.columns[0].sql_type),
            ("plain", &SqlType::Integer)
        );
        assert_eq!(other.name.to_string(), "other.from where");
        assert_eq!(other.comment.as_deref(), Some("Of the\nuser."));
        let key = other.primary_key.as_ref().expect("it has one");
        assert_eq!(key.columns, ["the \"id\"", "type"]);
        let named = |name: &str| SqlType::Other(name.to_owned());
        let found: Vec<_> = other.columns.iter().map(|it| (&it.sql_type, it.nullable)).collect();
        assert_eq!(
            found,
            [
                (&SqlType::Integer, false),
                (&named("mood"), true),
                (&named("tstzrange"), true),
                (&SqlType::Array(Box::new(SqlType::Text)), false),
                (&named("inet"), false),
            ]
        );
    }
}
