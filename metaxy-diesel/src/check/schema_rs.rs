//! `assert_schema!`: a feature's table against that of a `schema.rs`, as constants.

use super::{Message, equal, stored::is_printed_as};
use crate::sql_types::SqlTypeInfo;
use diesel::{
    Column, Expression, Table,
    sql_types::{SqlType, is_nullable},
};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Printed {
    /// Its name in the database.
    name: &'static str,
    /// The name of its SQL type.
    sql_type: &'static str,
    nullable: bool,
}

/// A `table!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no table that can be compared",
    note = "name the module that `diesel::table!` makes, and implement `metaxy::sql_types::SqlTypeInfo` for SQL types of your own"
)]
pub trait PrintedTable: Table {
    /// Its columns.
    const COLUMNS: &'static [Printed];
}

impl<T: Table<AllColumns: HasColumns>> PrintedTable for T {
    const COLUMNS: &'static [Printed] = <T::AllColumns as HasColumns>::COLUMNS;
}

/// The columns of a table, as the tuple that Diesel has of them.
pub trait HasColumns {
    /// Each of them.
    const COLUMNS: &'static [Printed];
}

/// Whether a type may be NULL, as a type.
pub trait Nullability {
    /// Whether it may.
    const NULLABLE: bool;
}

impl Nullability for is_nullable::IsNullable {
    const NULLABLE: bool = true;
}

impl Nullability for is_nullable::NotNull {
    const NULLABLE: bool = false;
}

const fn printed<C>() -> Printed
where
    C: Column + Expression<SqlType: SqlTypeInfo + SqlType<IsNull: Nullability>>,
{
    Printed {
        name: C::NAME,
        sql_type: <C::SqlType as SqlTypeInfo>::NAME,
        nullable: <<C::SqlType as SqlType>::IsNull as Nullability>::NULLABLE,
    }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> HasColumns for ($first, $($rest),*)
        where
            $first: Column + Expression<SqlType: SqlTypeInfo + SqlType<IsNull: Nullability>>,
            $($rest: Column + Expression<SqlType: SqlTypeInfo + SqlType<IsNull: Nullability>>),*
        {
            const COLUMNS: &'static [Printed] = &[printed::<$first>() $(, printed::<$rest>())*];
        }

        tuples! { $($rest)* }
    };
    () => {};
}

// As many as tables have where Diesel's features allow no more, and those of `64-column-tables`.
tuples! {
    C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16
    C17 C18 C19 C20 C21 C22 C23 C24 C25 C26 C27 C28 C29 C30 C31 C32
    C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48
    C49 C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64
}

/// Refuses a column of a feature that the table of a `schema.rs` lacks, or has otherwise.
#[track_caller]
pub const fn compare(feature: &[Printed], table: &[Printed], key: &str, path: &str) {
    let mut at = 0;
    while at < feature.len() {
        let here = feature[at];
        match find(table, here.name) {
            None => about(here, key).push("` is not in `").push(path).push(MEND).fail(),
            Some(there) if here.nullable && !there.nullable => about(here, key)
                .push("` may be NULL here, and not in `")
                .push(path)
                .push(MEND)
                .fail(),
            Some(there) if there.nullable && !here.nullable => about(here, key)
                .push("` may be NULL in `")
                .push(path)
                .push("`, and not here: make it an `Option`, or migrate the database")
                .fail(),
            Some(there) if !is_printed_as(here.sql_type, there.sql_type) => about(here, key)
                .push("` is ")
                .push(here.sql_type)
                .push(" here and ")
                .push(there.sql_type)
                .push(" in `")
                .push(path)
                .push(MEND)
                .fail(),
            Some(_) => {}
        }
        at += 1;
    }
}

const MEND: &str = "`: migrate the database, and write the file anew (`diesel print-schema`)";

const fn about(column: Printed, key: &str) -> Message {
    Message::new("column `").push(column.name).push("` of feature `").push(key)
}

const fn find(table: &[Printed], name: &str) -> Option<Printed> {
    let mut at = 0;
    while at < table.len() {
        if equal(table[at].name, name) {
            return Some(table[at]);
        }
        at += 1;
    }
    None
}
