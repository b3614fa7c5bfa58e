//! [`acts`]: what a statement of SQL does to tables, as far as lints ask. What they do not ask for is passed over.

use crate::tokens::tokens;

/// One thing that a statement does. Tables and columns are named as people write them, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    CreateTable {
        table: String,
    },
    DropTable {
        table: String,
    },
    RenameTable {
        table: String,
        to: String,
    },
    /// `TRUNCATE`, or `DELETE` without `WHERE`.
    Empty {
        table: String,
    },
    /// A namespace or a whole database.
    DropNamespace {
        name: String,
    },
    AddColumn {
        table: String,
        column: String,
        null: Null,
    },
    DropColumn {
        table: String,
        column: String,
    },
    RenameColumn {
        table: String,
        column: String,
        to: String,
    },
    Retype {
        table: String,
        column: String,
    },
    /// The whole definition of a column that is there: `MODIFY`, `CHANGE`.
    Redefine {
        table: String,
        column: String,
        null: Null,
    },
    ForbidNull {
        table: String,
        column: String,
    },
    CreateIndex {
        table: String,
        columns: Vec<String>,
        unique: bool,
    },
    Constrain {
        table: String,
        constraint: Constraint,
    },
    /// `REFERENCES`.
    Refer {
        table: String,
    },
    /// `VALIDATE CONSTRAINT`.
    Validate {
        table: String,
    },
    /// `UPDATE`: rows get a value.
    Fill {
        table: String,
        column: String,
    },
    /// `CONCURRENTLY`.
    Concurrently {
        name: String,
    },
    /// Begins or ends a transaction.
    Transaction {
        word: String,
    },
    /// `ALGORITHM=…` of an `ALTER TABLE`: the server refuses it where it would have to copy the table.
    InPlace,
}

/// What a new column holds in rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Null {
    Allowed,
    /// Forbidden, and a default or a generated value is there.
    Default,
    /// Forbidden, and nothing gives a value.
    Forbidden,
}

/// A constraint that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constraint {
    PrimaryKey,
    Unique { columns: Vec<String>, using_index: bool },
    Check { not_valid: bool },
    ForeignKey { columns: Vec<String>, not_valid: bool },
}

/// What a statement does.
pub(crate) fn acts(statement: &str) -> Vec<Act> {
    let tokens: Vec<&str> = tokens(statement).map(|(_, token)| token).collect();
    let mut acts = Vec::new();
    read(Cursor { tokens: &tokens }, &mut acts);
    for (at, _) in tokens.iter().enumerate().filter(|(_, it)| it.eq_ignore_ascii_case("REFERENCES"))
    {
        let table = Cursor { tokens: &tokens[at + 1..] }.name();
        acts.push(Act::Refer { table });
    }
    acts
}

/// Reads one statement.
fn read(mut cursor: Cursor<'_>, acts: &mut Vec<Act>) {
    match () {
        () if cursor.takes("DO") => block(cursor, acts),
        () if cursor.takes("CREATE") => create(cursor, acts),
        () if cursor.takes("ALTER") => {
            cursor.takes("ONLINE");
            cursor.takes("IGNORE");
            if cursor.takes("TABLE") {
                alter_table(cursor, acts);
            }
        }
        () if cursor.takes("DROP") => drop(cursor, acts),
        () if cursor.takes("RENAME") && cursor.takes("TABLE") => {
            for mut cursor in cursor.list() {
                let (table, _, to) = (cursor.name(), cursor.takes("TO"), cursor.name());
                acts.push(Act::RenameTable { table, to });
            }
        }
        () if cursor.takes("TRUNCATE") => {
            cursor.takes("TABLE");
            cursor.takes("ONLY");
            acts.extend(cursor.list().into_iter().map(|mut it| Act::Empty { table: it.name() }));
        }
        () if cursor.takes("DELETE") && cursor.takes("FROM") => {
            cursor.takes("ONLY");
            let table = cursor.name();
            if !cursor.has("WHERE") && !cursor.has("USING") && !cursor.has("LIMIT") {
                acts.push(Act::Empty { table });
            }
        }
        () if cursor.takes("UPDATE") => {
            cursor.takes("ONLY");
            let table = cursor.name();
            cursor.takes("SET");
            let end = cursor.tokens.iter().position(|it| it.eq_ignore_ascii_case("WHERE"));
            let sets = Cursor { tokens: &cursor.tokens[..end.unwrap_or(cursor.tokens.len())] };
            for mut set in sets.list() {
                acts.push(Act::Fill { table: table.clone(), column: set.name() });
            }
        }
        () => {
            let word = cursor.word().to_uppercase();
            let transaction = match word.as_str() {
                "BEGIN" | "COMMIT" | "ROLLBACK" | "END" | "ABORT" => !cursor.has("ATOMIC"),
                "START" => cursor.takes("START") && cursor.takes("TRANSACTION"),
                _ => false,
            };
            // `ROLLBACK TO`, of a savepoint, stays within it.
            if transaction && !cursor.has("TO") {
                acts.push(Act::Transaction { word });
            }
        }
    }
}

/// The statements of a block of PostgreSQL's, `DO $$ … $$`, and those that it has as texts: `EXECUTE '…' || …`.
fn block(cursor: Cursor<'_>, acts: &mut Vec<Act>) {
    let begins = |token: &&str| {
        *token == ";"
            || ["BEGIN", "THEN", "ELSE", "LOOP"].iter().any(|it| token.eq_ignore_ascii_case(it))
    };
    for statement in cursor.tokens.split(begins) {
        let mut found = Vec::new();
        let mut statement = Cursor { tokens: statement };
        match statement.takes("EXECUTE") {
            true => found.extend(self::acts(&text(statement.word()))),
            false => read(statement, &mut found),
        }
        // It commits what it did itself, and drops no namespace with something in it unless it says so.
        let cascades = statement.has("CASCADE");
        acts.extend(found.into_iter().filter(|it| match it {
            Act::Transaction { .. } => false,
            Act::DropNamespace { .. } => cascades,
            _ => true,
        }));
    }
}

/// What a text literal holds.
fn text(literal: &str) -> String {
    let inner = literal.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    inner.unwrap_or_default().replace("''", "'")
}

fn create(mut cursor: Cursor<'_>, acts: &mut Vec<Act>) {
    let unique = cursor.takes("UNIQUE");
    for word in ["OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED"] {
        cursor.takes(word);
    }
    if cursor.takes("TABLE") {
        cursor.if_exists();
        let table = cursor.name();
        acts.push(Act::CreateTable { table: table.clone() });
        for mut item in cursor.parenthesised().list() {
            if item.takes("CONSTRAINT") {
                item.name();
            }
            if let Some(constraint @ Constraint::ForeignKey { .. }) = constraint(item) {
                acts.push(Act::Constrain { table: table.clone(), constraint });
            }
        }
    } else if cursor.takes("INDEX") {
        let concurrently = cursor.takes("CONCURRENTLY");
        cursor.if_exists();
        let name = if cursor.is("ON") { String::new() } else { cursor.name() };
        if concurrently {
            acts.push(Act::Concurrently { name });
        }
        while !cursor.is_empty() && !cursor.takes("ON") {
            cursor.skip();
        }
        cursor.takes("ONLY");
        let (table, columns) = (cursor.name(), cursor.columns());
        acts.push(Act::CreateIndex { table, columns, unique });
    }
}

fn drop(mut cursor: Cursor<'_>, acts: &mut Vec<Act>) {
    cursor.takes("TEMPORARY");
    let word = cursor.word().to_uppercase();
    cursor.skip();
    let concurrently = cursor.takes("CONCURRENTLY");
    cursor.if_exists();
    for mut item in cursor.list() {
        let name = item.name();
        match word.as_str() {
            "TABLE" => acts.push(Act::DropTable { table: name }),
            "SCHEMA" | "DATABASE" => acts.push(Act::DropNamespace { name }),
            "INDEX" if concurrently => acts.push(Act::Concurrently { name }),
            _ => {}
        }
    }
}

fn alter_table(mut cursor: Cursor<'_>, acts: &mut Vec<Act>) {
    cursor.if_exists();
    cursor.takes("ONLY");
    let table = cursor.name();
    for mut item in cursor.list() {
        let table = table.clone();
        let act = match () {
            () if item.takes("ADD") => add(item, table),
            () if item.takes("DROP") => drop_part(item, table),
            () if item.takes("RENAME") => rename(item, table),
            () if item.takes("ALTER") => alter_column(item, table),
            () if item.takes("MODIFY") => {
                item.takes("COLUMN");
                item.if_exists();
                let column = item.name();
                Some(Act::Redefine { table, column, null: item.null() })
            }
            () if item.takes("CHANGE") => {
                item.takes("COLUMN");
                item.if_exists();
                let (column, to) = (item.name(), item.name());
                if column != to {
                    let table = table.clone();
                    acts.push(Act::RenameColumn { table, column, to: to.clone() });
                }
                Some(Act::Redefine { table, column: to, null: item.null() })
            }
            () if item.takes("VALIDATE") => Some(Act::Validate { table }),
            () if item.takes("SET") && item.takes("SCHEMA") => {
                let name = table.rsplit('.').next().unwrap_or_default();
                // Where only the connection knows it, a block says it.
                let to = match item.name() {
                    namespace if namespace.is_empty() => name.to_owned(),
                    namespace => format!("{namespace}.{name}"),
                };
                Some(Act::RenameTable { table, to })
            }
            () if item.takes("ALGORITHM") => Some(Act::InPlace).filter(|_| !item.has("COPY")),
            () => None,
        };
        acts.extend(act);
    }
}

fn add(mut item: Cursor<'_>, table: String) -> Option<Act> {
    let named = item.takes("CONSTRAINT");
    if named {
        item.if_exists();
        // MySQL lets the name away.
        if !["CHECK", "UNIQUE", "PRIMARY", "FOREIGN"].iter().any(|it| item.is(it)) {
            item.name();
        }
    }
    if let Some(constraint) = constraint(item) {
        return Some(Act::Constrain { table, constraint });
    }
    let parts = ["INDEX", "KEY", "FULLTEXT", "SPATIAL", "PARTITION", "PERIOD", "SYSTEM"];
    if named || item.is("EXCLUDE") || parts.iter().any(|it| item.is(it)) {
        return None;
    }
    item.takes("COLUMN");
    item.if_exists();
    let column = item.name();
    Some(Act::AddColumn { table, column, null: item.null() })
}

fn constraint(mut item: Cursor<'_>) -> Option<Constraint> {
    let not_valid = item.has("VALID");
    if item.takes("PRIMARY") {
        return Some(Constraint::PrimaryKey);
    }
    if item.takes("UNIQUE") {
        let using_index = item.takes("USING");
        while !item.is_empty() && !item.is("(") {
            item.skip();
        }
        return Some(Constraint::Unique { columns: item.columns(), using_index });
    }
    if item.takes("CHECK") {
        return Some(Constraint::Check { not_valid });
    }
    if item.takes("FOREIGN") {
        item.takes("KEY");
        while !item.is_empty() && !item.is("(") {
            item.skip();
        }
        return Some(Constraint::ForeignKey { columns: item.columns(), not_valid });
    }
    None
}

fn drop_part(mut item: Cursor<'_>, table: String) -> Option<Act> {
    let parts =
        ["CONSTRAINT", "INDEX", "KEY", "PRIMARY", "FOREIGN", "CHECK", "PARTITION", "PERIOD"];
    if parts.iter().any(|it| item.is(it)) {
        return None;
    }
    item.takes("COLUMN");
    item.if_exists();
    Some(Act::DropColumn { table, column: item.name() })
}

fn rename(mut item: Cursor<'_>, table: String) -> Option<Act> {
    if ["CONSTRAINT", "INDEX", "KEY"].iter().any(|it| item.is(it)) {
        return None;
    }
    if item.takes("TO") || item.takes("AS") {
        return Some(Act::RenameTable { table, to: item.name() });
    }
    item.takes("COLUMN");
    let (column, _, to) = (item.name(), item.takes("TO"), item.name());
    Some(Act::RenameColumn { table, column, to })
}

fn alter_column(mut item: Cursor<'_>, table: String) -> Option<Act> {
    if item.is("INDEX") || item.is("CONSTRAINT") {
        return None;
    }
    item.takes("COLUMN");
    let column = item.name();
    let set = item.takes("SET");
    if set && item.takes("NOT") {
        return Some(Act::ForbidNull { table, column });
    }
    if set {
        item.takes("DATA");
    }
    item.takes("TYPE").then_some(Act::Retype { table, column })
}

/// What is left to read of a statement.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a> {
    tokens: &'a [&'a str],
}

impl<'a> Cursor<'a> {
    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    fn word(&self) -> &'a str {
        self.tokens.first().copied().unwrap_or_default()
    }

    fn is(&self, word: &str) -> bool {
        self.word().eq_ignore_ascii_case(word)
    }

    /// Whether this keyword is still to come.
    fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|it| it.eq_ignore_ascii_case(word))
    }

    fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Passes over a keyword, where it is next.
    fn takes(&mut self, word: &str) -> bool {
        let is = self.is(word);
        if is {
            self.skip();
        }
        is
    }

    /// Passes over `IF EXISTS` and `IF NOT EXISTS`.
    fn if_exists(&mut self) {
        if self.takes("IF") {
            self.takes("NOT");
            self.takes("EXISTS");
        }
    }

    /// A name, qualified or not, without its quotes.
    fn name(&mut self) -> String {
        let mut name = unquoted(self.word());
        self.skip();
        while self.takes(".") {
            name = format!("{name}.{}", unquoted(self.word()));
            self.skip();
        }
        name
    }

    /// What the parentheses hold that are next, and all that follows is left.
    fn parenthesised(&mut self) -> Self {
        let tokens = self.tokens;
        let mut depth = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            match *token {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                self.tokens = &tokens[at + 1..];
                return Self { tokens: tokens.get(1..at).unwrap_or_default() };
            }
        }
        self.tokens = &[];
        Self { tokens: tokens.get(1..).unwrap_or_default() }
    }

    /// The columns in the parentheses that are next; of an expression, what it begins with.
    fn columns(&mut self) -> Vec<String> {
        self.parenthesised().list().iter_mut().map(Self::name).collect()
    }

    /// What stands between commas, without the `;`.
    fn list(self) -> Vec<Self> {
        let mut depth = 0_usize;
        let items = self.tokens.split(|token| {
            match *token {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && (*token == "," || *token == ";")
        });
        items.filter(|it| !it.is_empty()).map(|tokens| Self { tokens }).collect()
    }

    /// What the definition of a column says of NULL.
    fn null(&self) -> Null {
        let forbidden = self.tokens.windows(2).any(|it| {
            let is = |first: &str, second: &str| {
                it[0].eq_ignore_ascii_case(first) && it[1].eq_ignore_ascii_case(second)
            };
            is("NOT", "NULL") || is("PRIMARY", "KEY")
        });
        let given = ["DEFAULT", "GENERATED", "AS", "AUTO_INCREMENT"];
        let serial = self.word().to_ascii_uppercase().ends_with("SERIAL");
        match forbidden {
            _ if serial => Null::Default,
            true if given.iter().any(|it| self.has(it)) => Null::Default,
            true => Null::Forbidden,
            false => Null::Allowed,
        }
    }
}

fn unquoted(token: &str) -> String {
    for (open, close) in [('"', '"'), ('`', '`'), ('[', ']')] {
        if let Some(inner) = token.strip_prefix(open).and_then(|it| it.strip_suffix(close)) {
            return inner.replace(&format!("{close}{close}"), &close.to_string());
        }
    }
    token.to_owned()
}
