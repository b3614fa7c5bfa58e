//! Schemas in words, for people: never for SQL.

use super::{
    Column, DefaultValue, ForeignKey, Generated, Identity, Moment, Numbering, SqlType, Storage,
};
use std::fmt;

impl fmt::Display for SqlType {
    /// The type as the SQL standard calls it: `varchar(20)`, `timestamp with time zone`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Unsigned(integer) => return write!(out, "{integer} unsigned"),
            Self::Float => "real",
            Self::Double => "double precision",
            Self::Numeric { precision: Some(precision), scale: Some(scale) } => {
                return write!(out, "numeric({precision}, {scale})");
            }
            Self::Numeric { precision: Some(precision), scale: None } => {
                return write!(out, "numeric({precision})");
            }
            Self::Numeric { precision: None, .. } => "numeric",
            Self::Bool => "boolean",
            Self::Text => "text",
            Self::String => "varchar",
            Self::Varchar(length) => return write!(out, "varchar({length})"),
            Self::Char(length) => return write!(out, "char({length})"),
            Self::Binary => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Timestamptz => "timestamp with time zone",
            Self::Precise(Moment::Time, digits) => return write!(out, "time({digits})"),
            Self::Precise(Moment::Timestamp, digits) => return write!(out, "timestamp({digits})"),
            Self::Precise(Moment::Timestamptz, digits) => {
                return write!(out, "timestamp({digits}) with time zone");
            }
            Self::UtcTimestamp => "moment in UTC",
            Self::FieldVersions => "versions of fields",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::Array(element) => return write!(out, "{element}[]"),
            Self::Enum(name) => return write!(out, "{name}"),
            Self::Values(values) => {
                let values: Vec<_> = values.iter().map(|it| format!("'{it}'")).collect();
                return write!(out, "one of {}", values.join(", "));
            }
            Self::Other(name) => name,
        };
        out.write_str(words)
    }
}

impl fmt::Display for DefaultValue {
    /// The value, a text in quotes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::Text(value) => write!(out, "'{}'", value.replace('\'', "''")),
            Self::Expression(value) => out.write_str(value),
        }
    }
}

impl fmt::Display for Generated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.expression, self.storage)
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Stored => "stored",
            Self::Virtual => "virtual",
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.numbering {
            Numbering::ByDefault => "by default",
            Numbering::Always => "always",
            Numbering::Serial => "by a serial",
        })?;
        match self.is_from_one() {
            true => Ok(()),
            false => write!(out, ", from {} by {}", self.start, self.increment),
        }
    }
}

impl Column {
    /// The column as a person reads it: `` `size` integer not null default 0``.
    pub(crate) fn in_words(&self) -> String {
        let mut words = format!("`{}` {}", self.name, self.sql_type);
        let mut say = |it: String| words = format!("{words} {it}");
        if let Some(generated) = &self.generated {
            say(format!("as {generated}"));
        }
        if !self.nullable {
            say("not null".to_owned());
        }
        if let Some(default) = &self.default {
            say(format!("default {default}"));
        }
        if let Some(identity) = &self.identity {
            say(format!("numbered {identity}"));
        }
        words
    }
}

impl ForeignKey {
    /// The foreign key as a person reads it: ``foreign key `clip_video_fkey` (video_id) → video (id)``.
    pub(crate) fn in_words(&self) -> String {
        let [columns, referenced] =
            [&self.columns, &self.referenced_columns].map(|it| it.join(", "));
        format!("foreign key `{}` ({columns}) → {} ({referenced})", self.name, self.references)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_people_call_them() {
        let check = |sql_type: SqlType, words: &str| assert_eq!(sql_type.to_string(), words);
        check(SqlType::Varchar(20), "varchar(20)");
        check(SqlType::Numeric { precision: Some(8), scale: Some(2) }, "numeric(8, 2)");
        check(SqlType::Precise(Moment::Timestamptz, 3), "timestamp(3) with time zone");
        check(SqlType::Unsigned(Box::new(SqlType::BigInt)), "bigint unsigned");
        check(SqlType::Array(Box::new(SqlType::Text)), "text[]");
        check(SqlType::Other("inet".to_owned()), "inet");
    }

    #[test]
    fn defaults_read_as_they_are_written() {
        let check = |value: DefaultValue, words: &str| assert_eq!(value.to_string(), words);
        check(DefaultValue::Float(1.0), "1.0");
        check(DefaultValue::Text("it's".to_owned()), "'it''s'");
        check(DefaultValue::Expression("now()".to_owned()), "now()");
    }
}
