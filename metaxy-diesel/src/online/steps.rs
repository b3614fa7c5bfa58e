//! Each change in steps of which none holds a lock for long.
//!
//! Source: <https://www.postgresql.org/docs/current/sql-altertable.html>,
//! <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>.

use super::{Kind, OnlineError, Piece, column, plain, quick};
use crate::{
    change::{AddColumn, AlterColumn, Change, CreateIndex, Risk},
    ddl::{self, About, Rendered, alter_table},
    dialect::Dialect,
    diff::Difference,
    hash::short_hash,
    plan::{PlanError, Step},
    schema::{Column, DefaultValue, Deferrable, Index, TableName},
};

/// The steps of a change.
pub(super) fn pieces(
    change: &Change,
    difference: &Difference,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    let is_new = |table: &TableName| !difference.before.tables.contains_key(table);
    let as_it_is = |kind| Ok(vec![Piece { kind, step: quick(change, dialect)? }]);
    // There all renames are done.
    let tables = || difference.before.tables.keys();
    let columns = |table| difference.before.tables[table].columns.iter().map(|it| &it.name);
    let distributed = change.alters().or(match change {
        Change::RenameTable(it) => Some(&it.to),
        Change::RenameColumn(it) => Some(&it.table),
        _ => None,
    });
    let distributed = distributed.and_then(|it| difference.before.tables.get(it));
    if distributed.is_some_and(|it| it.distributed_by.is_some())
        && !matches!(change, Change::CreateIndex(_) | Change::DropIndex(_) | Change::SetComment(_))
    {
        let reason = "since the table is distributed, and has no triggers".to_owned();
        return Err(OnlineError::Change { change: change.reason(), reason }.into());
    }
    match change {
        Change::Distribute(it) if !it.with_table => {
            let reason = "since all rows of the table move".to_owned();
            Err(OnlineError::Change { change: change.reason(), reason }.into())
        }
        Change::RenameTable(it) if exchanges(&it.from, &it.to, tables()) => {
            Err(exchanged(change).into())
        }
        Change::RenameTable(it) => {
            let view = dialect.quote_table(&it.from).about(&it.from)?;
            let table = dialect.quote_table(&it.to).about(&it.to)?;
            let create = format!("CREATE VIEW {view} AS SELECT * FROM {table};");
            let drop = format!("DROP VIEW {view};");
            let mut step = quick(change, dialect)?;
            step.up.push(create.clone());
            step.down.insert(0, drop.clone());
            step.reason += ", and keep the old name as a view";
            let reason = format!("drop the view `{}`", it.from);
            // In a migration of its own: those after it know the table by its new name.
            Ok(vec![
                Piece { kind: Kind::Alone("rename"), step },
                Piece { kind: Kind::Contract, step: plain(reason, vec![drop], vec![create]) },
            ])
        }
        Change::RenameColumn(it) if exchanges(&it.from, &it.to, columns(&it.table)) => {
            Err(exchanged(change).into())
        }
        Change::RenameColumn(it) => column::renamed(it, difference, dialect),
        Change::CreateIndex(it) => Ok(vec![concurrently(change, it, dialect)?]),
        Change::DropIndex(it) => {
            let create = CreateIndex { table: it.table.clone(), index: it.index.clone() };
            let mut piece = concurrently(&Change::CreateIndex(create.clone()), &create, dialect)?;
            std::mem::swap(&mut piece.step.up, &mut piece.step.down);
            std::mem::swap(&mut piece.step.risks, &mut piece.step.down_risks);
            piece.step.reason = change.reason();
            Ok(vec![piece])
        }
        Change::AddUnique(it) => {
            if it.unique.deferrable != Deferrable::default() {
                let reason = "since it is deferrable".to_owned();
                return Err(OnlineError::Change { change: change.reason(), reason }.into());
            }
            let index = it.unique.clone().into_index();
            by_index(change, &it.table, &index, "UNIQUE", dialect)
        }
        Change::AddPrimaryKey(it) => {
            let index = Index::new(it.name.clone(), it.columns.clone(), true);
            by_index(change, &it.table, &index, "PRIMARY KEY", dialect)
        }
        Change::AddCheck(it) => validated(change, &it.table, &it.check.name, dialect),
        Change::AddForeignKey(it) if !is_new(&it.table) => {
            validated(change, &it.table, &it.foreign_key.name, dialect)
        }
        Change::AlterColumn(it) if column::is_rewritten(it) => {
            column::retyped(it, difference, dialect)
        }
        Change::AlterColumn(it) if it.forbids_null() => null_forbidden(it, dialect),
        Change::AddColumn(it) if it.column.identity.is_none() => added_column(change, it, dialect),
        Change::AddColumn(_) | Change::AddGenerated(_) | Change::StartGenerating(_) => {
            let reason = "since all rows of the table are written anew".to_owned();
            Err(OnlineError::Change { change: change.reason(), reason }.into())
        }
        Change::DropGenerated(_)
        | Change::DropColumn(_)
        | Change::DropTable(_)
        | Change::DropEnum(_)
        | Change::DropNamespace(_) => as_it_is(Kind::Contract),
        Change::StopGenerating(it) if it.forbids_null() => {
            let reason =
                "since it forbids NULL too: allow it now, and forbid it in a migration after that";
            let reason = reason.to_owned();
            Err(OnlineError::Change { change: change.reason(), reason }.into())
        }
        Change::AlterEnum(it) if it.removed().next().is_some() => {
            let reason = "since columns of the type are written anew".to_owned();
            Err(OnlineError::Change { change: change.reason(), reason }.into())
        }
        // What is new, or known to the catalogue alone.
        Change::CreateNamespace(_)
        | Change::RenameEnum(_)
        | Change::RenameEnumValue(_)
        | Change::StopGenerating(_)
        | Change::AddIdentity(_)
        | Change::DropIdentity(_)
        | Change::ChangeIdentity(_)
        | Change::SetComment(_)
        | Change::DropForeignKey(_)
        | Change::DropCheck(_)
        | Change::DropUnique(_)
        | Change::DropPrimaryKey(_)
        | Change::RenameConstraint(_)
        | Change::RenameIndex(_)
        | Change::CreateEnum(_)
        | Change::AlterEnum(_)
        | Change::CreateTable(_)
        | Change::Distribute(_)
        | Change::AlterColumn(_)
        | Change::AlterForeignKey(_)
        | Change::AddForeignKey(_) => as_it_is(Kind::Quick),
    }
}

/// Whether a rename gives up a name that something else has then, or gives one that nothing keeps.
fn exchanges<'a, T: PartialEq + 'a>(
    from: &T,
    to: &T,
    mut renamed: impl Iterator<Item = &'a T> + Clone,
) -> bool {
    let mut names = renamed.clone();
    names.any(|it| it == from) || !renamed.any(|it| it == to)
}

fn exchanged(change: &Change) -> OnlineError {
    let reason = "since its old name is another's from then on".to_owned();
    OnlineError::Change { change: change.reason(), reason }
}

/// An index that is made, or dropped, while others write.
pub(super) fn concurrently(
    change: &Change,
    index: &CreateIndex,
    dialect: &Dialect,
) -> Rendered<Piece> {
    let mut step = quick(change, dialect)?;
    let named = |statement: &String| statement.replacen("INDEX ", "INDEX CONCURRENTLY ", 1);
    step.up = step.up.iter().map(named).collect();
    step.down = step.down.iter().map(named).collect();
    let name =
        ddl::index_name(dialect, &index.table, &index.index.name)?.replace(['\n', '\r'], " ");
    if let Some(statement) = step.up.first_mut() {
        *statement = format!(
            "-- Where this fails it leaves an index that is not valid: DROP INDEX CONCURRENTLY {name}, then run it again.\n{statement}"
        );
    }
    Ok(Piece { kind: Kind::NoTransaction("index"), step })
}

/// A key whose index is made first. Dropping a key drops its index, so the way back makes it again.
fn by_index(
    change: &Change,
    table: &TableName,
    index: &Index,
    key: &str,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    let create = CreateIndex { table: table.clone(), index: index.clone() };
    let first = concurrently(&Change::CreateIndex(create.clone()), &create, dialect)?;
    let (alter, name) = named(table, &index.name, dialect)?;
    let up = format!("{alter} ADD CONSTRAINT {name} {key} USING INDEX {name};");
    let mut down = vec![format!("{alter} DROP CONSTRAINT {name};")];
    down.push(ddl::create_index(dialect, table, index)?);
    let second = plain(change.reason(), vec![up], down);
    Ok(vec![first, Piece { kind: Kind::Alone("key"), step: second }])
}

/// A constraint that holds for new rows first, and is then checked for those that are there.
fn validated(
    change: &Change,
    table: &TableName,
    constraint: &str,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    let mut first = quick(change, dialect)?;
    let add: Vec<_> =
        first.up.iter().map(|it| format!("{} NOT VALID;", it.trim_end_matches(';'))).collect();
    let (alter, name) = named(table, constraint, dialect)?;
    let mut second = plain(
        format!("validate constraint `{constraint}` of `{table}`"),
        vec![format!("{alter} VALIDATE CONSTRAINT {name};")],
        // A constraint that was validated stays so: the way back adds it anew.
        [first.down.clone(), add.clone()].concat(),
    );
    first.up = add;
    second.risks = std::mem::take(&mut first.risks);
    Ok(vec![
        Piece { kind: Kind::Alone("constraint"), step: first },
        Piece { kind: Kind::Alone("validate"), step: second },
    ])
}

/// A column that takes NULL no more.
fn null_forbidden(it: &AlterColumn, dialect: &Dialect) -> Result<Vec<Piece>, PlanError> {
    let mut pieces = Vec::new();
    let nullable = Column { nullable: true, ..it.to.clone() };
    if it.from != nullable {
        let alter = AlterColumn { to: nullable, backfill: None, ..it.clone() };
        let step = quick(&Change::AlterColumn(alter), dialect)?;
        pieces.push(Piece { kind: Kind::Quick, step });
    }
    let value = it.backfill.as_ref().map(|it| format!("({it})"));
    pieces.extend(filled(&it.table, &it.to.name, value.as_deref(), dialect)?);
    let risks = match value {
        Some(_) => Vec::new(),
        None => {
            let (table, column) = (it.table.clone(), it.to.name.clone());
            vec![Risk::NeedsNoNulls { table, column }]
        }
    };
    let required = required(&it.table, &it.to.name, value.as_deref(), risks, dialect)?;
    pieces.extend(required);
    Ok(pieces)
}

fn added_column(
    change: &Change,
    it: &AddColumn,
    dialect: &Dialect,
) -> Result<Vec<Piece>, PlanError> {
    if it.column.generated.is_some() || it.column.identity.is_some() {
        let reason = "since the database writes its values into all rows".to_owned();
        return Err(OnlineError::Change { change: change.reason(), reason }.into());
    }
    let value = match &it.column.default {
        None if !it.column.nullable => match &it.backfill {
            Some(value) => format!("({value})"),
            None => {
                let object = format!("{}.{}", it.table, it.column.name);
                return Err(OnlineError::Backfill { object }.into());
            }
        },
        Some(DefaultValue::Expression(value)) if is_volatile(value) => "DEFAULT".to_owned(),
        _ => return Ok(vec![Piece { kind: Kind::Quick, step: quick(change, dialect)? }]),
    };
    // Without the default first: with it, the database would write it into all rows at once.
    let bare = Column { nullable: true, default: None, ..it.column.clone() };
    let add = AddColumn { column: bare.clone(), backfill: None, ..it.clone() };
    let mut step = quick(&Change::AddColumn(add), dialect)?;
    if it.column.default.is_some() {
        let to = Column { nullable: true, ..it.column.clone() };
        step.up.push(ddl::alter_column(dialect, &it.table, &bare, &to)?);
    }
    let mut pieces = vec![Piece { kind: Kind::Quick, step }];
    pieces.extend(filled(&it.table, &it.column.name, Some(&value), dialect)?);
    if !it.column.nullable {
        let required = required(&it.table, &it.column.name, Some(&value), Vec::new(), dialect)?;
        pieces.extend(required);
    }
    Ok(pieces)
}

/// Whether an expression can differ from row to row. Those of one moment do not: the database writes them once.
pub(crate) fn is_volatile(expression: &str) -> bool {
    let bare = expression.trim_matches(['(', ')', ' ']).to_ascii_lowercase();
    let once = ["now", "current_timestamp", "current_date", "current_time", "localtimestamp"];
    let begins = |it: char| it == '\'' || it == '-' || it.is_ascii_digit();
    let literal = bare.starts_with(begins) && !bare.contains('(');
    !literal && !once.contains(&bare.as_str())
}

/// Rows that hold NULL get a value, in batches of which each is a transaction.
pub(super) fn filled(
    table: &TableName,
    column: &str,
    value: Option<&str>,
    dialect: &Dialect,
) -> Rendered<Option<Piece>> {
    let Some(value) = value else { return Ok(None) };
    let quoted = dialect.quote_table(table).about(table)?;
    let name = dialect.quote_identifier(column).about(table)?;
    let text = dialect.quote_text(&quoted);
    // By pages, so that it comes to an end whatever the value is.
    let fill = format!(
        "DO $metaxy$
DECLARE
    pages bigint := pg_relation_size({text}::regclass) / current_setting('block_size')::bigint;
BEGIN
    FOR page IN 0 .. pages BY 1000 LOOP
        UPDATE {quoted} SET {name} = {value}
            WHERE {name} IS NULL AND ctid >= format('(%s,0)', page)::tid AND ctid < format('(%s,0)', page + 1000)::tid;
        COMMIT;
    END LOOP;
END
$metaxy$;"
    );
    let reason = format!("fill `{table}.{column}` in batches");
    let step = plain(reason, vec![fill], vec!["-- The values stay.".to_owned()]);
    Ok(Some(Piece { kind: Kind::NoTransaction("backfill"), step }))
}

/// A column that must not be NULL from now on: a check that holds for new rows, is validated, and makes `SET NOT NULL` a
/// matter of the catalogue. `value` is for rows that came before the check did.
pub(super) fn required(
    table: &TableName,
    column: &str,
    value: Option<&str>,
    risks: Vec<Risk>,
    dialect: &Dialect,
) -> Rendered<[Piece; 2]> {
    let constraint = format!("metaxy_not_null_{}", short_hash(&format!("{table}.{column}")));
    let (alter, constraint) = named(table, &constraint, dialect)?;
    let name = dialect.quote_identifier(column).about(table)?;
    let check = format!("ADD CONSTRAINT {constraint} CHECK ({name} IS NOT NULL) NOT VALID");
    let first = plain(
        format!("require a value of `{table}.{column}` in new rows"),
        vec![format!("{alter} {check};")],
        vec![format!("{alter} DROP CONSTRAINT {constraint};")],
    );
    let mut up = Vec::new();
    if let Some(value) = value {
        let quoted = dialect.quote_table(table).about(table)?;
        up.push(format!("UPDATE {quoted} SET {name} = {value} WHERE {name} IS NULL;"));
    }
    up.push(format!("{alter} VALIDATE CONSTRAINT {constraint};"));
    up.push(format!("{alter} ALTER COLUMN {name} SET NOT NULL;"));
    up.push(format!("{alter} DROP CONSTRAINT {constraint};"));
    let down = vec![format!("{alter} ALTER COLUMN {name} DROP NOT NULL, {check};")];
    let second = Step { risks, ..plain(format!("forbid NULL in `{table}.{column}`"), up, down) };
    Ok([
        Piece { kind: Kind::Alone("constraint"), step: first },
        Piece { kind: Kind::Alone("validate"), step: second },
    ])
}

/// `ALTER TABLE "table"`, and a name.
fn named(table: &TableName, name: &str, dialect: &Dialect) -> Rendered<(String, String)> {
    Ok((alter_table(dialect, table)?, dialect.quote_identifier(name).about(table)?))
}
