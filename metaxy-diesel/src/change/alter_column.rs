use super::{Change, Kind, Risk};
use crate::{
    conversion::is_lossless,
    ddl::{self, About, Rendered},
    dialect::{self, Dialect},
    diff::Comparison,
    schema::{Column, TableName},
};

/// A column that stays has another type, nullability or default.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterColumn {
    /// Its table.
    pub table: TableName,
    /// The column as it was.
    pub from: Column,
    /// The column as it should be, of the same name.
    pub to: Column,
    /// The value, as SQL, of rows that hold NULL, where that is no longer allowed.
    pub backfill: Option<String>,
}

impl AlterColumn {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        let altered = comparison.kept.iter().flat_map(|pair| {
            let differ = pair.kept_columns.iter().filter(|(before, after)| before != after);
            differ.map(|(before, after)| Self {
                table: pair.desired.name.clone(),
                from: (*before).clone(),
                to: (*after).clone(),
                backfill: None,
            })
        });
        altered.collect()
    }

    /// Whether NULLs are no longer allowed.
    pub(crate) fn forbids_null(&self) -> bool {
        self.from.nullable && !self.to.nullable
    }

    /// Whether the new type does not hold every value of the old one.
    pub(crate) fn narrows(&self) -> bool {
        !is_lossless(&self.from.sql_type, &self.to.sql_type)
    }
}

impl Kind for AlterColumn {
    fn inverse(&self) -> Change {
        let (from, to) = (self.to.clone(), self.from.clone());
        Change::AlterColumn(Self { table: self.table.clone(), from, to, backfill: None })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let alter = |from, to| ddl::alter_column(dialect, &self.table, from, to);
        let Some(value) = self.backfill.as_ref().filter(|_| self.forbids_null()) else {
            return Ok(vec![alter(&self.from, &self.to)?]);
        };
        let table = dialect.quote_table(&self.table).about(&self.table)?;
        let name = dialect.quote_identifier(&self.to.name).about(&self.table)?;
        // The value is of the new type.
        let nullable = Column { nullable: true, ..self.to.clone() };
        let mut statements = Vec::new();
        if self.from != nullable {
            statements.push(alter(&self.from, &nullable)?);
        }
        statements.push(format!("UPDATE {table} SET {name} = ({value}) WHERE {name} IS NULL;"));
        statements.push(alter(&nullable, &self.to)?);
        Ok(statements)
    }

    fn reason(&self) -> String {
        let null = |column: &Column| if column.nullable { "NULL" } else { "NOT NULL" }.to_owned();
        let default = |column: &Column| {
            column.default.as_ref().map_or_else(|| "none".to_owned(), |it| it.to_string())
        };
        let facets = [
            ("type", self.from.sql_type.to_string(), self.to.sql_type.to_string()),
            ("nullability", null(&self.from), null(&self.to)),
            ("default", default(&self.from), default(&self.to)),
        ];
        let differ = facets.into_iter().filter(|(_, from, to)| from != to);
        let parts: Vec<_> =
            differ.map(|(facet, from, to)| format!("{facet} from {from} to {to}")).collect();
        format!("change `{}.{}`: {}", self.table, self.to.name, parts.join(", "))
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
