//! The pieces of SQL that several kinds of change write.

mod index;

pub(crate) use index::{create_index, drop_index, index_name};

use crate::{
    columns::{ColumnRefusal, Comments, IdentityStatements, Numbered},
    dialect::{AlterColumn, Dialect, Enums, IdentifierError, Namespaces, UnsupportedType},
    naming::{self, Named},
    schema::{
        Action, Check, Column, DefaultValue, EnumType, ForeignKey, Generated, Identity, SqlType,
        Table, TableName, Unique,
    },
};

/// Why a change cannot be written for a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write `{object}`: {refusal}")]
pub struct RenderError {
    /// The table, or `table.column`.
    pub object: String,
    /// What the database does not take.
    pub refusal: Refusal,
}

/// What a database does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// A type.
    #[error(transparent)]
    Type(#[from] UnsupportedType),
    /// A kind of column, or its comment.
    #[error(transparent)]
    Column(#[from] ColumnRefusal),
}

pub(crate) type Rendered<T = String> = Result<T, RenderError>;

/// Says of an error which object it is about.
pub(crate) trait About<T> {
    fn about(self, object: impl ToString) -> Rendered<T>;
}

impl<T, E: Into<Refusal>> About<T> for Result<T, E> {
    fn about(self, object: impl ToString) -> Rendered<T> {
        self.map_err(|refusal| RenderError { object: object.to_string(), refusal: refusal.into() })
    }
}

/// `CREATE TYPE … AS ENUM (…)`.
pub(crate) fn create_enum(dialect: &Dialect, of: &EnumType) -> Rendered {
    let name = dialect.quote_table(&of.name).about(&of.name)?;
    Ok(format!("CREATE TYPE {name} AS ENUM {};", values(dialect, &of.values)))
}

/// `('a', 'b')`.
fn values(dialect: &Dialect, values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|it| dialect.quote_text(it)).collect();
    format!("({})", values.join(", "))
}

/// `CREATE TABLE …`, one column or constraint a line, and its indexes.
pub(crate) fn create_table(dialect: &Dialect, table: &Table) -> Rendered<Vec<String>> {
    let mut statements = vec![create_table_as(dialect, table, &table.name)?];
    let apart = table.indexes.iter().filter(|_| !dialect.table_owns_indexes);
    for index in apart {
        statements.push(create_index(dialect, &table.name, index)?);
    }
    for column in &table.columns {
        statements.extend(numbers(dialect, &table.name, column)?);
    }
    statements.extend(comments(dialect, table)?);
    Ok(statements)
}

/// `CREATE TABLE …` under a name, without indexes that stand apart.
pub(crate) fn create_table_as(dialect: &Dialect, table: &Table, name: &TableName) -> Rendered {
    let quoted = dialect.quote_table(name).about(name)?;
    let mut lines = Vec::new();
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    if dialect.columns.generated_last {
        columns.sort_by_key(|it| it.generated.is_some());
    }
    for column in columns {
        lines.push(self::column(dialect, &table.name, column)?);
    }
    if let Some(key) = &table.primary_key
        && !dialect.columns.says_key(table)
    {
        lines.push(primary_key(dialect, &table.name, key.name.as_deref(), &key.columns)?);
    }
    for unique in &table.uniques {
        lines.push(self::unique(dialect, &table.name, unique)?);
    }
    for key in &table.foreign_keys {
        lines.push(foreign_key(dialect, &table.name, key)?);
    }
    for check in &table.checks {
        lines.push(self::check(dialect, &table.name, check)?);
    }
    if dialect.table_owns_indexes {
        for index in &table.indexes {
            lines.push(index::index(dialect, &table.name, index)?);
        }
    }
    let (lines, options) = (lines.join(",\n    "), dialect.table_options);
    let comment = inline_comment(dialect, name, false, table.comment.as_deref())?;
    Ok(format!("CREATE TABLE {quoted} (\n    {lines}\n){options}{comment};"))
}

/// `"column" TYPE NOT NULL DEFAULT value`, with all else that the column has.
pub(crate) fn column(dialect: &Dialect, table: &TableName, column: &Column) -> Rendered {
    let object = format_args!("{table}.{}", column.name);
    let name = dialect.quote_identifier(&column.name).about(object)?;
    let (mut definition, numbering) = column_type(dialect, table, column)?;
    if let Some(Generated { expression, storage }) = &column.generated {
        dialect.columns.refuses(*storage).map_or(Ok(()), Err).about(object)?;
        let storage = storage.to_string().to_uppercase();
        definition += &format!(" GENERATED ALWAYS AS ({expression}) {storage}");
    }
    if !column.nullable {
        definition += " NOT NULL";
    }
    if let Some(value) = &column.default {
        let (text, literal) = (default_value(dialect, value), dialect.literal_default);
        definition += &match value {
            DefaultValue::Expression(_) => format!(" DEFAULT {text}"),
            _ if literal(&column.sql_type) => format!(" DEFAULT {text}"),
            _ => format!(" DEFAULT ({text})"),
        };
    }
    if !numbering.is_empty() {
        definition += &format!(" {numbering}");
    }
    if let SqlType::Values(list) = &column.sql_type
        && dialect.enums == Enums::Checked
    {
        definition += &format!(" CHECK ({name} IN {})", values(dialect, list));
    }
    let comment = inline_comment(dialect, object, true, column.comment.as_deref())?;
    Ok(format!("{name} {definition}{comment}"))
}

/// The type of a column and how its texts compare, and what says that it is numbered.
fn column_type(
    dialect: &Dialect,
    table: &TableName,
    column: &Column,
) -> Rendered<(String, String)> {
    let object = format_args!("{table}.{}", column.name);
    let (sql_type, numbering) = match column.identity {
        None => ((dialect.type_name)(&column.sql_type).about(object)?, String::new()),
        Some(identity) => {
            let refusal = || ColumnRefusal::Identity {
                database: dialect.title,
                sql_type: column.sql_type.clone(),
                identity,
            };
            let definition = (dialect.columns.identity.definition)(identity, &column.sql_type);
            definition.ok_or_else(refusal).about(object)?
        }
    };
    let collation = match &column.collation {
        Some(name) => format!(" COLLATE {}", dialect.quote_identifier(name).about(object)?),
        None => String::new(),
    };
    Ok((sql_type + &collation, numbering))
}

/// ` COMMENT 'text'`, where comments are part of definitions.
pub(crate) fn inline_comment(
    dialect: &Dialect,
    object: impl ToString,
    of_column: bool,
    comment: Option<&str>,
) -> Rendered {
    let (Some(text), Comments::Inline { table, column }) = (comment, dialect.columns.comments)
    else {
        return Ok(String::new());
    };
    let (characters, max) = (text.chars().count(), if of_column { column } else { table });
    if characters > max {
        let database = dialect.title;
        return Err(ColumnRefusal::Comment { database, characters, max }).about(object);
    }
    Ok(format!(" COMMENT {}", dialect.quote_text(text)))
}

/// The comments of a new table and of its columns, where they have statements of their own.
pub(crate) fn comments(dialect: &Dialect, table: &Table) -> Rendered<Vec<String>> {
    let mut statements = Vec::new();
    if let Some(text) = &table.comment {
        statements.extend(comment_on(dialect, &table.name, None, Some(text))?);
    }
    for column in &table.columns {
        statements.extend(column_comment(dialect, &table.name, column)?);
    }
    Ok(statements)
}

/// The comment of a new column, where it has a statement of its own.
pub(crate) fn column_comment(
    dialect: &Dialect,
    table: &TableName,
    column: &Column,
) -> Rendered<Option<String>> {
    match &column.comment {
        Some(text) => comment_on(dialect, table, Some(&column.name), Some(text)),
        None => Ok(None),
    }
}

/// `COMMENT ON …`, where there is such a statement.
pub(crate) fn comment_on(
    dialect: &Dialect,
    table: &TableName,
    column: Option<&str>,
    text: Option<&str>,
) -> Rendered<Option<String>> {
    if dialect.columns.comments != Comments::Statements {
        return Ok(None);
    }
    let quoted = dialect.quote_table(table).about(table)?;
    let text = text.map_or_else(|| "NULL".to_owned(), |it| dialect.quote_text(it));
    Ok(Some(match column {
        None => format!("COMMENT ON TABLE {quoted} IS {text};"),
        Some(column) => {
            let column = dialect.quote_identifier(column).about(table)?;
            format!("COMMENT ON COLUMN {quoted}.{column} IS {text};")
        }
    }))
}

/// `CONSTRAINT "name" PRIMARY KEY ("column", …)`.
pub(crate) fn primary_key(
    dialect: &Dialect,
    table: &TableName,
    name: Option<&str>,
    columns: &[String],
) -> Rendered {
    let columns = dialect.quote_columns(columns).about(table)?;
    let name = name.filter(|_| dialect.primary_key_names);
    Ok(format!("{}PRIMARY KEY {columns}", constraint(dialect, table, name)?))
}

pub(crate) fn unique(dialect: &Dialect, table: &TableName, unique: &Unique) -> Rendered {
    let Unique { columns, include, nulls_not_distinct, deferrable, .. } = unique;
    let constraint = constraint(dialect, table, Some(&unique.name))?;
    let nulls = if *nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let columns = dialect.quote_columns(columns).about(table)?;
    let include = match include.as_slice() {
        [] => String::new(),
        include => format!(" INCLUDE {}", dialect.quote_columns(include).about(table)?),
    };
    Ok(format!("{constraint}UNIQUE{nulls} {columns}{include}{}", deferrable.sql()))
}

pub(crate) fn foreign_key(dialect: &Dialect, table: &TableName, key: &ForeignKey) -> Rendered {
    let constraint = constraint(dialect, table, Some(&key.name))?;
    let columns = dialect.quote_columns(&key.columns).about(table)?;
    let target = dialect.quote_table(&key.references).about(table)?;
    let target_columns = dialect.quote_columns(&key.referenced_columns).about(table)?;
    let action = |event, action: Action| match action {
        Action::NoAction => String::new(),
        action => format!(" {event} {}", action.sql()),
    };
    Ok(format!(
        "{constraint}FOREIGN KEY {columns} REFERENCES {target} {target_columns}{}{}{}{}",
        if key.match_full { " MATCH FULL" } else { "" },
        action("ON DELETE", key.on_delete),
        action("ON UPDATE", key.on_update),
        key.deferrable.sql(),
    ))
}

pub(crate) fn check(dialect: &Dialect, table: &TableName, check: &Check) -> Rendered {
    Ok(format!("{}CHECK ({})", constraint(dialect, table, Some(&check.name))?, check.expression))
}

fn constraint(dialect: &Dialect, table: &TableName, name: Option<&str>) -> Rendered {
    match name {
        Some(name) if dialect.constraint_names => {
            Ok(format!("CONSTRAINT {} ", dialect.quote_identifier(name).about(table)?))
        }
        _ => Ok(String::new()),
    }
}

/// `ALTER TABLE "table"`.
pub(crate) fn alter_table(dialect: &Dialect, table: &TableName) -> Rendered {
    Ok(format!("ALTER TABLE {}", dialect.quote_table(table).about(table)?))
}

/// `ALTER TABLE … RENAME TO …`, and `SET SCHEMA` where that is another one: first the name, then the namespace.
pub(crate) fn rename(
    dialect: &Dialect,
    what: &str,
    from: &TableName,
    to: &TableName,
) -> Rendered<Vec<String>> {
    let mut statements = Vec::new();
    if from.name != to.name {
        let (quoted, name) =
            (dialect.quote_table(from).about(from)?, dialect.quote_identifier(&to.name).about(to)?);
        statements.push(format!("ALTER {what} {quoted} RENAME TO {name};"));
    }
    if from.schema != to.schema {
        let renamed = TableName { name: to.name.clone(), ..from.clone() };
        let alter = format!("ALTER {what} {}", dialect.quote_table(&renamed).about(from)?);
        let name = to.schema.as_ref().map(|it| dialect.quote_identifier(it)).transpose();
        let name = name.about(to)?;
        let rules = namespaces(dialect, &from.to_string())?;
        statements.push((rules.take_in)(&alter, name.as_deref()));
    }
    Ok(statements)
}

/// How the database keeps namespaces, of which one is meant.
pub(crate) fn namespaces<'a>(dialect: &'a Dialect, name: &str) -> Rendered<&'a Namespaces> {
    let (name, database) = (name.to_owned(), dialect.title);
    let refusal = IdentifierError::Namespace { name: name.clone(), database };
    dialect.namespaces.as_ref().ok_or(refusal).about(name)
}

/// `ALTER TABLE "table" ADD …`, a constraint.
pub(crate) fn add_constraint(
    dialect: &Dialect,
    table: &TableName,
    constraint: &str,
) -> Rendered<Vec<String>> {
    Ok(vec![format!("{} ADD {constraint};", alter_table(dialect, table)?)])
}

/// `ALTER TABLE "table" DROP CONSTRAINT "name"`.
pub(crate) fn drop_constraint(
    dialect: &Dialect,
    table: &TableName,
    name: &str,
) -> Rendered<Vec<String>> {
    let alter = alter_table(dialect, table)?;
    let name = dialect.quote_identifier(name).about(table)?;
    Ok(vec![format!("{alter} DROP CONSTRAINT {name};")])
}

/// `ALTER TABLE "table" ALTER COLUMN …`: one statement, whatever differs.
pub(crate) fn alter_column(
    dialect: &Dialect,
    table: &TableName,
    from: &Column,
    to: &Column,
) -> Rendered {
    let alter = alter_table(dialect, table)?;
    if dialect.alter_column == AlterColumn::Definition {
        return Ok(format!("{alter} MODIFY COLUMN {};", column(dialect, table, to)?));
    }
    let name = dialect.quote_identifier(&to.name).about(table)?;
    let retyped = from.sql_type != to.sql_type;
    let mut clauses = Vec::new();
    // A default is not converted with its column.
    if from.default.is_some() && (retyped || to.default.is_none()) {
        clauses.push("DROP DEFAULT".to_owned());
    }
    if retyped || from.collation != to.collation {
        let plain = Column { identity: None, ..to.clone() };
        let (sql_type, _) = column_type(dialect, table, &plain)?;
        let using = match retyped {
            true => format!(" USING {}", (dialect.cast)(&name, &from.sql_type, &to.sql_type)),
            false => String::new(),
        };
        clauses.push(format!("TYPE {sql_type}{using}"));
    }
    if let Some(default) = &to.default
        && (retyped || from.default != to.default)
    {
        clauses.push(format!("SET DEFAULT {}", default_value(dialect, default)));
    }
    match (from.nullable, to.nullable) {
        (true, false) => clauses.push("SET NOT NULL".to_owned()),
        (false, true) => clauses.push("DROP NOT NULL".to_owned()),
        _ => {}
    }
    let clauses: Vec<_> =
        clauses.into_iter().map(|clause| format!("ALTER COLUMN {name} {clause}")).collect();
    match clauses.as_slice() {
        [clause] => Ok(format!("{alter} {clause};")),
        clauses => Ok(format!("{alter}\n    {};", clauses.join(",\n    "))),
    }
}

/// What a new column that is numbered needs besides its definition.
pub(crate) fn numbers(
    dialect: &Dialect,
    table: &TableName,
    column: &Column,
) -> Rendered<Vec<String>> {
    match column.identity.filter(|_| dialect.columns.identity.statements.is_some()) {
        Some(identity) => number(dialect, table, column, identity, |rules, it| (rules.created)(it)),
        None => Ok(Vec::new()),
    }
}

/// Does something with how a column that is there is numbered.
pub(crate) fn number(
    dialect: &Dialect,
    table: &TableName,
    column: &Column,
    identity: Identity,
    statements: impl FnOnce(&IdentityStatements, &Numbered<'_>) -> Vec<String>,
) -> Rendered<Vec<String>> {
    let rules = dialect.columns.identity.statements.as_ref();
    let rules = rules.expect("where there are none, the table is built anew");
    let object = || format!("{table}.{}", column.name);
    let quoted = dialect.quote_table(table).about(table)?;
    let name = dialect.quote_identifier(&column.name).about(object())?;
    let limit = dialect.max_identifier_bytes;
    let sequence = naming::name(Named::Sequence, &table.name, &[&column.name], limit);
    Ok(statements(
        rules,
        &Numbered {
            table: &quoted,
            column: &name,
            table_text: &dialect.quote_text(&quoted),
            column_text: &dialect.quote_text(&column.name),
            sequence: &index_name(dialect, table, &sequence)?,
            sql_type: &(dialect.type_name)(&column.sql_type).about(object())?,
            definition: &self::column(dialect, table, column)?,
            identity,
        },
    ))
}

/// The value that rows get that are there already: the user's expression, or the place for it.
pub(crate) fn backfill(table: &TableName, column: &str, expression: Option<&str>) -> String {
    match expression {
        Some(expression) => format!("({expression})"),
        None => format!("NULL {}", place(table, column)),
    }
}

/// What marks the place where the user has to write an expression.
pub(crate) fn place(table: &TableName, column: &str) -> String {
    // A name never ends the comment, nor its line.
    let object = format!("{table}.{column}")
        .replace("*/", "* /")
        .replace("/*", "/ *")
        .replace(['\n', '\r'], " ");
    format!("/* metaxy:backfill {object} */")
}

/// A default as SQL has it. Expressions stand in parentheses, as SQLite demands of all but literals.
pub(crate) fn default_value(dialect: &Dialect, value: &DefaultValue) -> String {
    match value {
        DefaultValue::Bool(true) => "TRUE".to_owned(),
        DefaultValue::Bool(false) => "FALSE".to_owned(),
        DefaultValue::Int(value) => value.to_string(),
        // Debug, unlike Display, keeps `1.0` a float and writes large ones with an exponent.
        DefaultValue::Float(value) => format!("{value:?}"),
        DefaultValue::Text(value) => dialect.quote_text(value),
        DefaultValue::Expression(value) => format!("({value})"),
    }
}
