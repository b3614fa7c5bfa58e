//! The SQL type of a Rust type, by its name: all that a macro knows of a type.
//!
//! `metaxy::sql_types::ColumnType` says the same for the compiler, and the derive's output has it compare both. (A projection
//! `<T as ColumnType>::SqlType` inside `diesel::table!` would do without names, but does not compile: Diesel 2.3.14.)

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, Path, PathArguments, PathSegment, Type, TypePath};

/// The SQL type of a column.
pub struct SqlType {
    /// Its path, `Nullable<…>` included.
    pub path: TokenStream,
    /// Whether it is `Nullable<…>`.
    pub nullable: bool,
    /// How it is known.
    pub origin: Origin,
}

/// How a SQL type is known.
pub enum Origin {
    /// By the name of the Rust type: the compiler has to confirm it.
    Mapped,
    /// The column names it, in the scope of the struct.
    Named(TypePath),
}

impl SqlType {
    /// Whether it is known by the name of the Rust type.
    pub fn is_mapped(&self) -> bool {
        matches!(self.origin, Origin::Mapped)
    }
}

/// The SQL type that a Rust type means, where its name says so.
pub fn mapped(ty: &Type, krate: &Path) -> Option<SqlType> {
    let path = by_name(ty, krate)?;
    Some(SqlType { path, nullable: option_item(ty).is_some(), origin: Origin::Mapped })
}

/// The SQL type that a column names; for an `Option` it need not repeat `Nullable`.
pub fn named(path: &TypePath, ty: &Type) -> SqlType {
    let says_nullable = path.path.segments.last().is_some_and(|it| it.ident == "Nullable");
    let nullable = says_nullable || option_item(ty).is_some();
    let whole = match nullable && !says_nullable {
        true => quote!(::diesel::sql_types::Nullable<#path>),
        false => quote!(#path),
    };
    SqlType { path: whole, nullable, origin: Origin::Named(path.clone()) }
}

/// Whether the type is written as a text, `String`, or an `Option` of it.
pub fn is_text(ty: &Type) -> bool {
    let ty = option_item(ty).unwrap_or(ty);
    last_segment(ty).is_some_and(|it| it.ident == "String")
}

/// Whether the type is written as an `Option`.
pub fn is_option(ty: &Type) -> bool {
    option_item(ty).is_some()
}

/// The name of the type, or of the `T` in `Option<T>`.
pub fn item_name(ty: &Type) -> Option<String> {
    last_segment(option_item(ty).unwrap_or(ty)).map(|it| it.ident.to_string())
}

fn by_name(ty: &Type, krate: &Path) -> Option<TokenStream> {
    let segment = last_segment(ty)?;
    let name = segment.ident.to_string();
    let diesel = match (name.as_str(), &*arguments(segment)) {
        ("i16", []) => quote!(SmallInt),
        ("i32", []) => quote!(Integer),
        ("i64", []) => quote!(BigInt),
        ("f32", []) => quote!(Float),
        ("f64", []) => quote!(Double),
        ("bool", []) => quote!(Bool),
        ("String", []) => quote!(Text),
        ("NaiveDate", []) => quote!(Date),
        ("NaiveTime", []) => quote!(Time),
        ("NaiveDateTime", []) => quote!(Timestamp),
        ("TimeDelta", []) => quote!(Interval),
        ("Uuid", []) => quote!(Uuid),
        ("Value", []) => quote!(Json),
        ("BigDecimal", []) => quote!(Numeric),
        ("Vec", [item]) if last_segment(item).is_some_and(|it| it.ident == "u8") => quote!(Binary),
        ("Vec", [item]) => {
            let item = by_name(item, krate)?;
            quote!(Array<#item>)
        }
        ("Option", [item]) if option_item(item).is_none() => {
            let item = by_name(item, krate)?;
            quote!(Nullable<#item>)
        }
        ("DateTime", [zone]) if last_segment(zone).is_some_and(|it| it.ident == "Utc") => {
            return Some(quote!(#krate::__private::ChronoUtc));
        }
        ("UtcDateTime", []) => return Some(quote!(#krate::__private::UtcTimestamp)),
        ("FieldVersions", []) => return Some(quote!(#krate::__private::FieldVersionsMap)),
        _ => return None,
    };
    Some(quote!(::diesel::sql_types::#diesel))
}

/// The `T` of an `Option<T>`.
fn option_item(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty)?;
    match (segment.ident == "Option", &*arguments(segment)) {
        (true, &[item]) => Some(item),
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        // What a `$ty:ty` of a user's own macro leaves around a type.
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else { return Vec::new() };
    list.args
        .iter()
        .filter_map(|it| match it {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    fn check(ty: &str, expected: Option<&str>) {
        let ty = syn::parse_str(ty).expect("a type");
        let found = super::mapped(&ty, &parse_quote!(::metaxy));
        let found = found.map(|it| it.path.to_string().replace(' ', ""));
        let found = found.map(|it| it.replace("::diesel::sql_types::", ""));
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn rust_types_are_known_by_their_last_name() {
        check("i16", Some("SmallInt"));
        check("std::string::String", Some("Text"));
        check("Option<f64>", Some("Nullable<Double>"));
        check("Vec<u8>", Some("Binary"));
        check("Option<Vec<u8>>", Some("Nullable<Binary>"));
        check("Vec<Option<i32>>", Some("Array<Nullable<Integer>>"));
        check("Vec<Vec<u8>>", Some("Array<Binary>"));
        check("chrono::DateTime<chrono::Utc>", Some("::metaxy::__private::ChronoUtc"));
        check("metaxy::sql_types::UtcDateTime", Some("::metaxy::__private::UtcTimestamp"));
        check("serde_json::Value", Some("Json"));
    }

    #[test]
    fn other_types_are_not() {
        check("Color", None);
        check("Option<Color>", None);
        check("Option<Option<i32>>", None);
        check("DateTime<Local>", None);
        check("u32", None);
        check("&'static str", None);
        check("(i32, i32)", None);
        check("<T as Trait>::String", None);
    }
}
