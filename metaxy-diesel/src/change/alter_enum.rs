use super::{Change, Kind, Risk};
use crate::{
    columns::{Fate, KeptColumn},
    conversion::is_lossless,
    ddl::{self, About, Rendered},
    dialect::Dialect,
    diff::{Comparison, Pair},
    enums::enum_of,
    naming::aside,
    schema::{Check, Column, DefaultValue, EnumType, Index, SqlType, Table, TableName},
    tokens::tokens,
};
use std::collections::{BTreeMap, BTreeSet};

/// An enumerated type has other values, or another order of them.
///
/// Values are added in place. A type that loses values or orders them otherwise is created anew, and its columns are
/// converted to it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterEnum {
    /// The type as it was.
    pub from: EnumType,
    /// The type as it should be, of the same name.
    pub to: EnumType,
    /// The columns that have it meanwhile.
    pub users: Vec<EnumUser>,
    /// Whether the same migration uses a value that is new, which PostgreSQL does not allow of one that was added in place.
    pub uses_new_value: bool,
    /// Whether the way back uses a value that is gone.
    pub uses_old_value: bool,
}

/// A column of an enumerated type, with what depends on the type.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumUser {
    /// Its table.
    pub table: TableName,
    /// The column.
    pub column: Column,
    /// Its type afterwards: a text, where the column goes in the same migration, or that which it gets in place of this one.
    pub sql_type: SqlType,
    /// Whether it stays after the migration.
    pub stays: bool,
    /// Its default afterwards. That of a value which goes or comes is set here, and not where the column is altered.
    pub default: Option<DefaultValue>,
    /// Checks that name the column.
    pub checks: Vec<Check>,
    /// Indexes with conditions or expressions that name the column.
    pub indexes: Vec<Index>,
}

impl AlterEnum {
    pub(super) fn detect(comparison: &Comparison<'_>) -> Vec<Self> {
        if comparison.altered_enums.is_empty() {
            return Vec::new();
        }
        let pairs: BTreeMap<_, _> =
            comparison.kept.iter().map(|it| (&it.desired.name, it)).collect();
        let mut users: BTreeMap<&TableName, Vec<EnumUser>> = BTreeMap::new();
        for table in comparison.current.tables.values() {
            let pair = pairs.get(&table.name).copied();
            // Columns that are made anew are not there meanwhile.
            let kept = pair.into_iter().flat_map(|it| &it.kept_columns);
            let anew: BTreeSet<&str> =
                kept.filter(|it| it.fate == Fate::Remade).map(KeptColumn::name).collect();
            for column in table.columns.iter().filter(|it| !anew.contains(it.name.as_str())) {
                let of = enum_of(&column.sql_type);
                if let Some(name) = of.filter(|it| comparison.altered_enums.contains_key(it)) {
                    let user = EnumUser::new(comparison, pair, table, column);
                    users.entry(name).or_default().push(user);
                }
            }
        }
        let changes = comparison.altered_enums.values().map(|(from, to)| Self {
            uses_new_value: uses_value(comparison, from, to, true),
            uses_old_value: uses_value(comparison, to, from, false),
            users: users.remove(&to.name).unwrap_or_default(),
            from: (*from).clone(),
            to: (*to).clone(),
        });
        changes.collect()
    }

    /// The values that are gone.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &String> {
        self.from.values.iter().filter(|it| !self.to.values.contains(it))
    }

    /// The values that are new.
    pub(crate) fn added(&self) -> impl Iterator<Item = &String> {
        self.to.values.iter().filter(|it| !self.from.values.contains(it))
    }

    /// The columns whose values may not fit their type afterwards, and that type.
    pub(crate) fn narrowed(&self) -> impl Iterator<Item = (&EnumUser, SqlType)> {
        let loses = self.removed().next().is_some();
        self.users.iter().filter_map(move |user| {
            let narrows = match user.leaves() {
                true => !is_lossless(&user.column.sql_type, &user.sql_type),
                false => loses && enum_of(&user.sql_type).is_some(),
            };
            let to = match enum_of(&user.sql_type) == Some(&self.to.name) {
                true => SqlType::Values(self.to.values.clone()),
                false => user.sql_type.clone(),
            };
            narrows.then_some((user, to))
        })
    }

    /// Takes note of an expression of the user's that the migration evaluates.
    pub(crate) fn note_use(&mut self, expression: &str) {
        let uses = self.added().any(|it| mentions(expression, it));
        self.uses_new_value |= uses;
    }

    /// Whether values are only added, so that the others stay as they are.
    fn only_adds(&self) -> bool {
        self.from.is_extended_by(&self.to)
            && !self.uses_new_value
            && self.users.iter().all(|it| it.sql_type == it.column.sql_type)
    }

    /// The values that are added, each behind the one before it.
    fn additions(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let name = dialect.quote_table(&self.to.name).about(&self.to.name)?;
        let is_new = |value: &String| !self.from.values.contains(value);
        let mut statements = Vec::new();
        for (at, value) in self.to.values.iter().enumerate().filter(|(_, it)| is_new(it)) {
            let place = match (at.checked_sub(1), self.from.values.first()) {
                _ if self.to.values[at..].iter().all(is_new) => String::new(),
                (Some(at), _) => format!(" AFTER {}", dialect.quote_text(&self.to.values[at])),
                (None, Some(first)) => format!(" BEFORE {}", dialect.quote_text(first)),
                (None, None) => String::new(),
            };
            let value = dialect.quote_text(value);
            statements.push(format!("ALTER TYPE {name} ADD VALUE {value}{place};"));
        }
        Ok(statements)
    }

    /// The type created anew.
    fn replacement(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let name = &self.to.name;
        let old = TableName { name: aside(&name.name, dialect.max_identifier_bytes), ..name.clone() };
        let quoted = dialect.quote_table(name).about(name)?;
        let quoted_old = dialect.quote_identifier(&old.name).about(name)?;
        let mut statements = vec![
            format!("ALTER TYPE {quoted} RENAME TO {quoted_old};"),
            ddl::create_enum(dialect, &self.to)?,
        ];
        for user in &self.users {
            statements.extend(user.convert(dialect, &self.to)?);
        }
        statements.push(format!("DROP TYPE {};", dialect.quote_table(&old).about(name)?));
        Ok(statements)
    }
}

/// Whether what the migration, or the way back, leads to names a value that `to` has and `from` has not, or makes other
/// values into ones of the type.
fn uses_value(comparison: &Comparison<'_>, from: &EnumType, to: &EnumType, is_up: bool) -> bool {
    let schema = if is_up { comparison.desired } else { comparison.current };
    let has = |column: &Column| enum_of(&column.sql_type) == Some(&to.name);
    let mut kept = comparison.kept.iter().flat_map(|it| &it.kept_columns);
    let converts = kept.any(|it| match is_up {
        true => has(it.after) && !has(it.before),
        false => has(it.before) && !has(it.after),
    });
    let added: Vec<_> = to.values.iter().filter(|it| !from.values.contains(it)).collect();
    let uses = |column: &Column| match &column.default {
        Some(DefaultValue::Text(text)) => added.contains(&text),
        Some(DefaultValue::Expression(text)) => {
            added.iter().any(|it| mentions(text, it))
        }
        _ => false,
    };
    let mut tables = schema.tables.values().filter(|it| it.columns.iter().any(has));
    let is_added = !added.is_empty();
    is_added && (converts || tables.any(|table| {
        let checks = table.checks.iter().map(|it| it.expression.as_str());
        let generated = table.columns.iter().filter_map(|it| it.generated.as_ref());
        let generated = generated.map(|it| it.expression.as_str());
        let indexes = table.indexes.iter().flat_map(Index::expressions);
        let mut conditions = checks.chain(indexes).chain(generated);
        table.columns.iter().any(uses)
            || conditions
                .any(|text| added.iter().any(|it| mentions(text, it)))
    }))
}

/// Whether SQL names a value.
fn mentions(expression: &str, value: &str) -> bool {
    let value = format!("'{}'", value.replace('\'', "''"));
    tokens(expression).any(|(_, token)| token == value)
}

impl EnumUser {
    fn new(
        comparison: &Comparison<'_>,
        pair: Option<&Pair<'_>>,
        table: &Table,
        column: &Column,
    ) -> Self {
        let names_column = |expression: &str| {
            let name = |token: &str| token.trim_matches('"').replace("\"\"", "\"");
            tokens(expression).any(|(_, token)| name(token) == column.name)
        };
        let (checks, indexes): (Vec<_>, Vec<_>) = match pair {
            Some(pair) => (pair.kept_checks().collect(), pair.kept_indexes().collect()),
            None => (table.checks.iter().collect(), table.indexes.iter().collect()),
        };
        let checks = checks.into_iter().filter(|it| names_column(&it.expression)).cloned();
        let indexes = indexes.into_iter().filter(|it| it.expressions().any(names_column)).cloned();
        let kept = pair.into_iter().flat_map(|it| &it.kept_columns);
        let mut kept = kept.filter(|it| it.before.name == column.name);
        let stays = kept.next();
        let leaves = stays.filter(|it| comparison.leaves_enum(it));
        let kept = leaves
            .or(stays.filter(|it| comparison.enum_sets_default(it.before, it.after)));
        let sql_type = match (stays, leaves) {
            (_, Some(it)) => it.after.sql_type.clone(),
            (Some(_), None) => column.sql_type.clone(),
            (None, None) => comparison.leaving(column).sql_type,
        };
        Self {
            table: table.name.clone(),
            column: column.clone(),
            sql_type,
            stays: stays.is_some(),
            default: kept.map_or(&column.default, |it| &it.after.default).clone(),
            checks: checks.collect(),
            indexes: indexes.collect(),
        }
    }

    /// Whether it has another type before or afterwards.
    fn leaves(&self) -> bool {
        self.stays && enum_of(&self.column.sql_type) != enum_of(&self.sql_type)
    }

    fn inverse(&self) -> Self {
        let (default, sql_type) = (self.default.clone(), self.sql_type.clone());
        let column = Column { default, sql_type, ..self.column.clone() };
        let (default, sql_type) = (self.column.default.clone(), self.column.sql_type.clone());
        Self { column, default, sql_type, ..self.clone() }
    }

    /// Makes the column one of the type, which is new, and what depends on the type anew.
    fn convert(&self, dialect: &Dialect, to: &EnumType) -> Rendered<Vec<String>> {
        let (table, column) = (&self.table, &self.column);
        let mut statements = Vec::new();
        for index in &self.indexes {
            statements.push(ddl::drop_index(dialect, table, index)?);
        }
        for check in &self.checks {
            statements.extend(ddl::drop_constraint(dialect, table, &check.name)?);
        }
        let alter = ddl::alter_table(dialect, table)?;
        let name = dialect.quote_identifier(&column.name).about(table)?;
        let sql_type = (dialect.type_name)(&self.sql_type).about(table)?;
        let is_enum = |it: &SqlType| enum_of(it).is_some();
        let value = match &column.sql_type {
            _ if self.leaves() => (dialect.cast)(&name, &column.sql_type, &self.sql_type),
            _ if !is_enum(&column.sql_type) || !is_enum(&self.sql_type) => {
                format!("{name}::{sql_type}")
            }
            SqlType::Array(_) => format!("{name}::TEXT[]::{sql_type}"),
            _ => format!("{name}::TEXT::{sql_type}"),
        };
        let mut clauses = vec![format!("TYPE {sql_type} USING {value}")];
        // A default is not converted with its column.
        if column.default.is_some() {
            clauses.insert(0, "DROP DEFAULT".to_owned());
        }
        let fits = |it: &&DefaultValue| match it {
            DefaultValue::Text(text) => {
                self.leaves()
                    || !matches!(self.sql_type, SqlType::Enum(_))
                    || to.values.contains(text)
            }
            _ => true,
        };
        if let Some(default) = self.default.as_ref().filter(fits) {
            clauses.push(format!("SET DEFAULT {}", ddl::default_value(dialect, default)));
        }
        let clauses: Vec<_> =
            clauses.into_iter().map(|it| format!("ALTER COLUMN {name} {it}")).collect();
        statements.push(match clauses.as_slice() {
            [clause] => format!("{alter} {clause};"),
            clauses => format!("{alter}\n    {};", clauses.join(",\n    ")),
        });
        for check in &self.checks {
            let check = ddl::check(dialect, table, check)?;
            statements.extend(ddl::add_constraint(dialect, table, &check)?);
        }
        for index in &self.indexes {
            statements.push(ddl::create_index(dialect, table, index)?);
        }
        Ok(statements)
    }
}

impl Kind for AlterEnum {
    fn inverse(&self) -> Change {
        Change::AlterEnum(Self {
            from: self.to.clone(),
            to: self.from.clone(),
            users: self.users.iter().map(EnumUser::inverse).collect(),
            uses_new_value: self.uses_old_value,
            uses_old_value: self.uses_new_value,
        })
    }

    fn render(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        match self.only_adds() {
            true => self.additions(dialect),
            false => self.replacement(dialect),
        }
    }

    fn reason(&self) -> String {
        let list = |values: Vec<&String>| {
            values.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
        };
        let (added, removed) = (list(self.added().collect()), list(self.removed().collect()));
        let parts = match (added.is_empty(), removed.is_empty()) {
            (true, true) => "order its values otherwise".to_owned(),
            (false, true) => format!("add {added}"),
            (true, false) => format!("drop {removed}"),
            (false, false) => format!("add {added}, drop {removed}"),
        };
        format!("change type `{}`: {parts}", self.to.name)
    }

    fn risks(&self) -> Vec<Risk> {
        let narrowed = self.narrowed().map(|(user, to)| Risk::Narrows {
            table: user.table.clone(),
            column: user.column.name.clone(),
            to,
        });
        narrowed.collect()
    }
}
