use super::{Change, Kind, Risk};
use crate::{
    columns::{Comments, Fate, KeptColumn, same_but_for_comment},
    conversion::is_lossless,
    ddl::{self, About, Rendered},
    dialect::{self, Dialect},
    diff::{Comparison, Pair},
    schema::{Column, SqlType, TableName, rename_values},
};

/// A column that stays has another type, nullability, default or collation.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterColumn {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub from: Column,
    /// The column as it should be, of the same name.
    pub to: Column,
    /// Values that have another name, where the type lists them: former name, new name.
    pub renamed_values: Vec<(String, String)>,
    /// The value, as SQL, of rows that hold NULL, where that is no longer allowed.
    pub backfill: Option<String>,
}

impl AlterColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let altered = comparison.kept.iter().flat_map(|pair| {
            pair.kept_columns.iter().filter_map(|it| Self::of(comparison, pair, it))
        });
        altered.collect()
    }

    /// What changes of a column besides its comment and how it is numbered, which have changes of their own.
    pub(super) fn of(
        comparison: &Comparison<'_>,
        pair: &Pair<'_>,
        kept: &KeptColumn<'_>,
    ) -> Option<Self> {
        let dialect = comparison.dialect;
        if kept.fate != Fate::Altered || kept.before.generated.is_some() {
            return None;
        }
        let identity = kept.before.identity.filter(|_| kept.after.identity.is_some());
        let mut from = Column { identity, ..kept.before.clone() };
        let mut to = Column { identity, ..kept.after.clone() };
        let leaves_enum = comparison.leaves_enum(kept);
        if leaves_enum {
            from.sql_type.clone_from(&to.sql_type);
        }
        if leaves_enum || comparison.enum_sets_default(kept.before, kept.after) {
            from.default.clone_from(&to.default);
        }
        if same_but_for_comment(&from, &to) {
            return None;
        }
        if dialect.columns.comments == Comments::Statements {
            to.comment.clone_from(&from.comment);
        }
        let key = (pair.desired.name.clone(), to.name.clone());
        let renamed_values = comparison.renamed_values.get(&key).cloned().unwrap_or_default();
        Some(Self { table: key.0, from, to, renamed_values, backfill: None })
    }

    /// Whether NULLs are no longer allowed.
    pub(crate) fn forbids_null(&self) -> bool {
        self.from.nullable && !self.to.nullable
    }

    /// Whether the new type does not hold every value of the old one.
    pub(crate) fn narrows(&self) -> bool {
        !is_lossless(&self.renamed_type(), &self.to.sql_type)
    }

    /// What of the values as they are now the new type holds.
    pub(crate) fn holds(&self) -> SqlType {
        let back: Vec<_> =
            self.renamed_values.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        with_renamed(&self.to.sql_type, &back)
    }

    /// What is not the same, as it was and as it should be, in words.
    fn facets(&self) -> impl Iterator<Item = (&'static str, String, String)> + use<> {
        let null = |column: &Column| if column.nullable { "NULL" } else { "NOT NULL" }.to_owned();
        let default = |column: &Column| {
            column.default.as_ref().map_or_else(|| "none".to_owned(), |it| it.to_string())
        };
        let collation = |column: &Column| {
            column.collation.clone().unwrap_or_else(|| "that of the database".to_owned())
        };
        let facets = [
            ("type", self.from.sql_type.to_string(), self.to.sql_type.to_string()),
            ("nullability", null(&self.from), null(&self.to)),
            ("default", default(&self.from), default(&self.to)),
            ("collation", collation(&self.from), collation(&self.to)),
        ];
        facets.into_iter().filter(|(_, from, to)| from != to)
    }

    /// The type as it was, with values renamed.
    fn renamed_type(&self) -> SqlType {
        with_renamed(&self.from.sql_type, &self.renamed_values)
    }

    /// A value of the column by its new name, where it has one. Another value that had this name, and goes, becomes none of the
    /// type: the database refuses it, and it is not taken for the renamed one.
    pub(crate) fn renamed_value(&self, dialect: &Dialect, value: &str) -> String {
        let lists = [&self.from.sql_type, &self.to.sql_type].map(|it| match it {
            SqlType::Values(values) => values.as_slice(),
            _ => &[],
        });
        let nothing = |name: &String| {
            let mut text = format!("not {name}");
            while lists.iter().any(|it| it.contains(&text)) {
                text.insert_str(0, "not ");
            }
            text
        };
        let is_renamed = |name: &String| self.renamed_values.iter().any(|(old, _)| old == name);
        let new = self.renamed_values.iter().map(|(_, new)| new);
        let others = new.filter(|it| lists[0].contains(it) && !is_renamed(it));
        let cases = self.renamed_values.iter().cloned();
        let cases = cases.chain(others.map(|it| (it.clone(), nothing(it)))).map(|(old, new)| {
            format!(" WHEN {} THEN {}", dialect.quote_text(&old), dialect.quote_text(&new))
        });
        format!("CASE {value}{} ELSE {value} END", cases.collect::<String>())
    }

    /// The statements that rename values, and the column after them: for a while it has the former names and the new ones.
    fn rename_values(&self, dialect: &Dialect) -> Rendered<(Vec<String>, Column)> {
        let SqlType::Values(former) = &self.from.sql_type else {
            return Ok((Vec::new(), self.from.clone()));
        };
        let new = self.renamed_values.iter().map(|(_, new)| new);
        let new = new.filter(|it| !former.contains(it)).cloned();
        let both = former.iter().cloned().chain(new).collect();
        let both = Column { sql_type: SqlType::Values(both), ..self.from.clone() };
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        let value = self.renamed_value(dialect, &name);
        let statements = vec![
            ddl::alter_column(dialect, &self.table, &self.from, &both)?,
            format!("UPDATE {table} SET {name} = {value};"),
        ];
        Ok((statements, both))
    }
}

fn with_renamed(sql_type: &SqlType, renames: &[(String, String)]) -> SqlType {
    match sql_type {
        SqlType::Values(values) => SqlType::Values(rename_values(values, renames)),
        other => other.clone(),
    }
}

impl Kind for AlterColumn {
    fn inverse(&self) -> Change {
        let (from, to) = (self.to.clone(), self.from.clone());
        let renamed_values =
            self.renamed_values.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        Change::AlterColumn(Self {
            table: self.table.clone(),
            from,
            to,
            renamed_values,
            backfill: None,
        })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = |from, to| ddl::alter_column(dialect, &self.table, from, to);
        let retype = match self.to.identity.filter(|_| self.from.sql_type != self.to.sql_type) {
            Some(identity) => {
                ddl::number(dialect, &self.table, &self.to, identity, |rules, it| (rules.retype)(it))?
            }
            None => Vec::new(),
        };
        let (mut statements, from) = match self.renamed_values.is_empty() {
            true => (Vec::new(), self.from.clone()),
            false => self.rename_values(dialect)?,
        };
        let Some(value) = self.backfill.as_ref().filter(|_| self.forbids_null()) else {
            statements.push(alter(&from, &self.to)?);
            statements.extend(retype);
            return Ok(statements);
        };
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        // The value is of the new type.
        let nullable = Column { nullable: true, ..self.to.clone() };
        if from != nullable {
            statements.push(alter(&from, &nullable)?);
        }
        statements.push(format!("UPDATE {table} SET {name} = ({value}) WHERE {name} IS NULL;"));
        statements.push(alter(&nullable, &self.to)?);
        statements.extend(retype);
        Ok(statements)
    }

    fn reason(&self) -> String {
        let facets = self.facets();
        let parts = facets.map(|(facet, from, to)| format!("{facet} from {from} to {to}"));
        let parts = parts.collect::<Vec<_>>().join(", ");
        format!("change `{}.{}`: {parts}", self.table, self.to.name)
    }

    fn brief(&self) -> String {
        let parts = self.facets().map(|(facet, from, to)| format!("{facet} {from} → {to}"));
        format!("column `{}`: {}", self.to.name, parts.collect::<Vec<_>>().join(", "))
    }

    fn risks(&self) -> Vec<Risk> {
        let (table, column) = (&self.table, &self.to.name);
        let mut risks = Vec::new();
        if self.narrows() {
            let (table, column, to) = (table.clone(), column.clone(), self.to.sql_type.clone());
            risks.push(Risk::Narrows { table, column, to });
        }
        if self.forbids_null() && self.backfill.is_none() {
            let (table, column) = (table.clone(), column.clone());
            risks.push(Risk::NeedsNoNulls { table, column });
        }
        risks
    }

    fn alters(&self) -> Option<&TableName> {
        Some(&self.table)
    }

    fn in_place(&self, dialect: &Dialect) -> bool {
        dialect.alter_column != dialect::AlterColumn::Rebuild
    }
}
