//! A column in the place of another: the new one is filled beside the old one, and a trigger keeps both in step until the
//! old one goes.

use super::{
    Kind, OnlineError, Piece, plain,
    steps::{concurrently, filled, required},
};
use crate::{
    change::{AlterColumn, Change, CreateIndex, RenameColumn, Risk},
    ddl::{self, About, Rendered, alter_table},
    dialect::Dialect,
    diff::Difference,
    hash::short_hash,
    migration::RevertDrop,
    plan::{PlanError, Step},
    schema::{Column, Index, SqlType, Table, TableName},
    summary::Line,
    tokens::tokens,
};

/// Whether the database writes all rows anew for a new type. Texts that may be longer, or of any length, stay as they are.
pub(super) fn is_rewritten(it: &AlterColumn) -> bool {
    use SqlType::{String, Text, Varchar};
    match (&it.from.sql_type, &it.to.sql_type) {
        (from, to) if from == to => false,
        (Text | String | Varchar(_), Text | String) => false,
        (Varchar(from), Varchar(to)) => to < from,
        _ => true,
    }
}

/// A column of another type.
pub(super) fn retyped(
    it: &AlterColumn,
    difference: &Difference,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    let change = Change::AlterColumn(it.clone());
    let beside = Column { name: format!("metaxy_new_{}", it.to.name), ..it.to.clone() };
    let cast = |value: &str| (dialect.cast)(value, &it.from.sql_type, &it.to.sql_type);
    let cast_back = |value: &str| (dialect.cast)(value, &it.to.sql_type, &it.from.sql_type);
    let name = dialect.quote_identifier(&it.from.name).about(&it.table)?;
    let new = dialect.quote_identifier(&beside.name).about(&it.table)?;
    let body = format!("    NEW.{new} := {};", cast(&format!("NEW.{name}")));
    let replacement = Replacement {
        change: &change,
        table: &it.table,
        old: &it.from,
        new: &beside,
        takes_name: true,
        forward: cast(&name),
        back: cast_back(&new),
        sync: body,
        backfill: it.backfill.as_deref(),
    };
    replacement.pieces(difference, dialect)
}

/// A column of another name.
pub(super) fn renamed(
    it: &RenameColumn,
    difference: &Difference,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    let change = Change::RenameColumn(it.clone());
    // There all renames are done.
    let columns = &difference.before.tables[&it.table].columns;
    let column = columns.iter().find(|column| column.name == it.to);
    let column = column.expect("a column that is renamed is there");
    let altered = difference.changes.iter().any(|change| {
        matches!(change, Change::AlterColumn(alter) if alter.table == it.table && alter.to.name == it.to)
    });
    if altered {
        let reason = "since the column also changes otherwise".to_owned();
        return Err(OnlineError::Change { change: change.reason(), reason }.into());
    }
    let old = Column { name: it.from.clone(), ..column.clone() };
    let name = dialect.quote_identifier(&it.from).about(&it.table)?;
    let new = dialect.quote_identifier(&it.to).about(&it.table)?;
    // Texts, since not all types can be compared.
    let body = format!(
        "    IF TG_OP = 'INSERT' THEN
        IF NEW.{new} IS NULL THEN NEW.{new} := NEW.{name}; ELSE NEW.{name} := NEW.{new}; END IF;
    ELSIF NEW.{new}::text IS DISTINCT FROM OLD.{new}::text THEN
        NEW.{name} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{name};
    END IF;"
    );
    let replacement = Replacement {
        change: &change,
        table: &it.table,
        old: &old,
        new: column,
        takes_name: false,
        forward: name,
        back: new,
        sync: body,
        backfill: None,
    };
    replacement.pieces(difference, dialect)
}

/// A column in the place of another.
struct Replacement<'a> {
    change: &'a Change,
    table: &'a TableName,
    old: &'a Column,
    /// By the name that it has until the old one is gone.
    new: &'a Column,
    /// Whether it takes the name of the old one then.
    takes_name: bool,
    /// The value of the new one, of the old one's.
    forward: String,
    /// The value of the old one, of the new one's.
    back: String,
    /// What the trigger does.
    sync: String,
    /// The value of rows that hold NULL, where that is no longer allowed.
    backfill: Option<&'a str>,
}

impl Replacement<'_> {
    fn pieces(&self, difference: &Difference, dialect: &Dialect) -> Result<Vec<Piece>, PlanError> {
        let (table, new) = (self.table, self.new);
        let indexes = self.indexes(difference)?;
        let mut pieces = vec![Piece { kind: Kind::Alone("expand"), step: self.expand(dialect)? }];
        let value = match self.backfill {
            Some(value) => format!("coalesce({}, ({value}))", self.forward),
            None => self.forward.clone(),
        };
        pieces.extend(filled(table, &new.name, Some(&value), dialect)?);
        for index in &indexes {
            let create = CreateIndex { table: table.clone(), index: index.beside.clone() };
            pieces.push(concurrently(&Change::CreateIndex(create.clone()), &create, dialect)?);
        }
        if !new.nullable {
            let risks = match self.old.nullable && self.backfill.is_none() {
                true => {
                    let (table, column) = (table.clone(), self.old.name.clone());
                    vec![Risk::NeedsNoNulls { table, column }]
                }
                false => Vec::new(),
            };
            pieces.extend(required(table, &new.name, Some(&value), risks, dialect)?);
        }
        pieces.push(Piece { kind: Kind::Contract, step: self.contract(&indexes, dialect)? });
        Ok(pieces)
    }

    /// The new column, and the trigger that fills it.
    fn expand(&self, dialect: &Dialect) -> Rendered<Step> {
        let alter = alter_table(dialect, self.table)?;
        let name = dialect.quote_identifier(&self.new.name).about(self.table)?;
        let bare = Column { nullable: true, default: None, ..self.new.clone() };
        let mut up =
            vec![format!("{alter} ADD COLUMN {};", ddl::column(dialect, self.table, &bare)?)];
        up.extend(self.trigger(dialect)?);
        let mut down = self.no_trigger(dialect)?;
        down.push(format!("{alter} DROP COLUMN {name};"));
        let reason = format!(
            "add column `{}.{}`, kept in step with `{}`",
            self.table, self.new.name, self.old.name
        );
        Ok(plain(reason, up, down))
    }

    /// The old column goes, and the new one is all that it was.
    fn contract(&self, indexes: &[Beside], dialect: &Dialect) -> Rendered<Step> {
        let table = self.table;
        let alter = alter_table(dialect, table)?;
        let quoted = dialect.quote_table(table).about(table)?;
        let old = dialect.quote_identifier(&self.old.name).about(table)?;
        let new = dialect.quote_identifier(&self.new.name).about(table)?;
        let last = Column {
            name: if self.takes_name { self.old.name.clone() } else { self.new.name.clone() },
            ..self.new.clone()
        };
        let mut up = self.no_trigger(dialect)?;
        up.push(format!("{alter} DROP COLUMN {old};"));
        let bare_old = Column { nullable: true, default: None, ..self.old.clone() };
        let mut down = Vec::new();
        if self.takes_name {
            up.push(format!("{alter} RENAME COLUMN {new} TO {old};"));
        }
        let without = Column { default: None, ..last.clone() };
        if last.default.is_some() {
            up.push(ddl::alter_column(dialect, table, &without, &last)?);
            down.push(ddl::alter_column(dialect, table, &last, &without)?);
        }
        if self.takes_name {
            down.push(format!("{alter} RENAME COLUMN {old} TO {new};"));
        }
        down.push(format!("{alter} ADD COLUMN {};", ddl::column(dialect, table, &bare_old)?));
        down.push(format!("UPDATE {quoted} SET {old} = {};", self.back));
        if bare_old != *self.old {
            down.push(ddl::alter_column(dialect, table, &bare_old, self.old)?);
        }
        for index in indexes {
            let aside = ddl::index_name(dialect, table, &index.beside.name)?;
            let name = dialect.quote_identifier(&index.beside.name).about(table)?;
            let last = dialect.quote_identifier(&index.last.name).about(table)?;
            let last_name = ddl::index_name(dialect, table, &index.last.name)?;
            up.push(format!("ALTER INDEX {aside} RENAME TO {last};"));
            down.push(format!("ALTER INDEX {last_name} RENAME TO {name};"));
            down.push(ddl::create_index(dialect, table, &index.old)?);
        }
        down.extend(self.trigger(dialect)?);
        let inverse = self.change.inverse();
        let revert_drops = match &inverse {
            Change::AlterColumn(it) if it.narrows() => vec![RevertDrop {
                table: table.clone(),
                column: Some(self.old.name.clone()),
                default: None,
                becomes: Some(self.old.sql_type.clone()),
            }],
            _ => Vec::new(),
        };
        let risks = self.change.risks().into_iter().filter(Risk::is_loss).collect();
        let down_risks = inverse.risks();
        let reason = self.change.reason();
        let lines = vec![Line { risks: Vec::clone(&risks), ..Line::of(self.change) }];
        Ok(Step { up, down, reason, lines, risks, down_risks, revert_drops, rebuilds: Vec::new() })
    }

    fn names(&self, dialect: &Dialect) -> Rendered<(String, String, String)> {
        let object = format!("{}.{}", self.table, self.new.name);
        let name = format!("metaxy_sync_{}", short_hash(&object));
        let function = TableName { schema: self.table.schema.clone(), name: name.clone() };
        Ok((
            dialect.quote_identifier(&name).about(self.table)?,
            dialect.quote_table(&function).about(self.table)?,
            dialect.quote_table(self.table).about(self.table)?,
        ))
    }

    fn trigger(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let (trigger, function, table) = self.names(dialect)?;
        Ok(vec![
            format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $metaxy$\nBEGIN\n{}\n    RETURN NEW;\nEND\n$metaxy$;",
                self.sync
            ),
            format!(
                "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();"
            ),
        ])
    }

    fn no_trigger(&self, dialect: &Dialect) -> Rendered<Vec<String>> {
        let (trigger, function, table) = self.names(dialect)?;
        Ok(vec![
            format!("DROP TRIGGER {trigger} ON {table};"),
            format!("DROP FUNCTION {function}();"),
        ])
    }

    /// The indexes of the old column, for the new one. What else has the column cannot be made beside it.
    fn indexes(&self, difference: &Difference) -> Result<Vec<Beside>, OnlineError> {
        let last = if self.takes_name { &self.old.name } else { &self.new.name };
        let (before, after) =
            (&difference.before.tables[self.table], &difference.after.tables[self.table]);
        let refuse = |part: &str| OnlineError::Change {
            change: self.change.reason(),
            reason: format!("since {part} has the column"),
        };
        for table in [before, after] {
            if let Some(part) = part_with(table, last) {
                return Err(refuse(&part));
            }
        }
        let others = difference.before.tables.values().chain(difference.after.tables.values());
        let mut keys = others.flat_map(|table| &table.foreign_keys);
        let refers =
            keys.find(|key| key.references == *self.table && key.referenced_columns.contains(last));
        if let Some(key) = refers {
            return Err(refuse(&format!("foreign key `{}`", key.name)));
        }
        let with = |table: &Table| -> Vec<Index> {
            let has = |it: &&Index| it.columns().any(|column| column == last);
            table.indexes.iter().filter(has).cloned().collect()
        };
        let indexes = with(before);
        if indexes != with(after) {
            return Err(refuse("an index that changes too"));
        }
        let beside = |index: Index| {
            let renamed = |name: &str| {
                let mut index = index.clone();
                for column in index.columns_mut().filter(|it| *it == last) {
                    name.clone_into(column);
                }
                index
            };
            let mut beside = renamed(&self.new.name);
            beside.name = format!("metaxy_new_{}", short_hash(&index.name));
            Beside { beside, old: renamed(&self.old.name), last: index.clone() }
        };
        Ok(indexes.into_iter().map(beside).collect())
    }
}

/// An index of a column that is replaced.
struct Beside {
    /// On the new column, under the name that it has meanwhile.
    beside: Index,
    /// On the old column.
    old: Index,
    /// As it is in the end.
    last: Index,
}

/// What has a column, and is no plain index.
fn part_with(table: &Table, column: &str) -> Option<String> {
    let named = |text: &str| {
        tokens(text).any(|(_, token)| token.trim_matches('"').eq_ignore_ascii_case(column))
    };
    let has = |columns: &[String]| columns.iter().any(|it| it == column);
    let key =
        table.primary_key.iter().find(|it| has(&it.columns)).map(|_| "the primary key".into());
    let unique = table.uniques.iter().find(|it| has(&it.columns) || has(&it.include));
    let foreign_key = table.foreign_keys.iter().find(|it| has(&it.columns));
    let check = table.checks.iter().find(|it| named(&it.expression));
    let index = table.indexes.iter().find(|it| it.expressions().any(named));
    let computed = table.columns.iter().find(|it| {
        it.generated
            .as_ref()
            .is_some_and(|generated| it.name == column || named(&generated.expression))
            || it.identity.is_some() && it.name == column
    });
    key.or(unique.map(|it| format!("constraint `{}`", it.name)))
        .or(foreign_key.map(|it| format!("foreign key `{}`", it.name)))
        .or(check.map(|it| format!("check `{}`", it.name)))
        .or(index.map(|it| format!("an expression of index `{}`", it.name)))
        .or(computed.map(|it| format!("column `{}`", it.name)))
}
