//! From tokens to a [`Condition`], by recursive descent.
//!
//! `NOT` binds tighter than `AND`, and that tighter than `OR`. Source of what is accepted: SQLGlot 30 as
//! `metaxy.models.filter_expression` of Metaxy for Python 0.1.11 uses it.

use super::{
    Comparison, Condition, FilterError, Literal, Operand,
    lexer::{Kind, Token, error, is_keyword, tokens},
};

/// How many conditions may stand in one another: more would overflow the stack.
const MAX_DEPTH: usize = 200;

/// The most names of a dotted path.
const MAX_PATH: usize = 4;

/// The condition that a text says.
pub(super) fn condition(text: &str) -> Result<Condition, FilterError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0 };
    let condition = parser.any()?;
    while parser.take(&Kind::Semicolon) {}
    match parser.peek() {
        Kind::End => Ok(condition),
        _ => Err(parser.expected("AND, OR or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

/// What stands in parentheses, or on one side of a comparison.
enum Term {
    Operand(Operand),
    Condition(Condition),
}

impl Parser<'_> {
    /// Conditions joined by `OR`.
    fn any(&mut self) -> Result<Condition, FilterError> {
        let first = self.not()?;
        self.any_from(first)
    }

    /// The same, where the first condition was read already.
    fn any_from(&mut self, first: Condition) -> Result<Condition, FilterError> {
        let mut conditions = vec![self.all_from(first)?];
        while self.take_word("OR") {
            let first = self.not()?;
            conditions.push(self.all_from(first)?);
        }
        Ok(one_or(conditions, Condition::Or))
    }

    /// Conditions joined by `AND`, of which the first was read already.
    fn all_from(&mut self, first: Condition) -> Result<Condition, FilterError> {
        let mut conditions = vec![first];
        while self.take_word("AND") {
            conditions.push(self.not()?);
        }
        Ok(one_or(conditions, Condition::And))
    }

    fn not(&mut self) -> Result<Condition, FilterError> {
        if self.take_word("NOT") {
            let condition = self.nested(Self::not)?;
            return Ok(Condition::Not(Box::new(condition)));
        }
        let start = self.at;
        match self.term()? {
            Term::Condition(condition) => Ok(condition),
            Term::Operand(operand) => self.after(operand, start),
        }
    }

    /// What follows an operand: a comparison, `IS`, `IN`, or nothing.
    fn after(&mut self, left: Operand, start: usize) -> Result<Condition, FilterError> {
        if let Kind::Comparison(comparison) = *self.peek() {
            self.at += 1;
            let right = self.operand()?;
            return Ok(compare(left, comparison, right));
        }
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            let right = self.operand()?;
            return Ok(negate_if(negated, compare(left, Comparison::Equal, right)));
        }
        let negated = self.take_word("NOT");
        if self.take_word("IN") {
            let Operand::Column(column) = left else {
                return Err(self.refuse(start, "a column has to stand before IN"));
            };
            return Ok(negate_if(negated, Condition::In(column, self.list()?)));
        }
        match left {
            _ if negated => Err(self.expected("IN")),
            Operand::Column(column) => Ok(Condition::Column(column)),
            Operand::Literal(Literal::Bool(value)) => Ok(Condition::Constant(Some(value))),
            Operand::Literal(Literal::Null) => Ok(Condition::Constant(None)),
            Operand::Literal(_) => {
                Err(self.refuse(start, "a value alone is no condition: compare it with a column"))
            }
        }
    }

    /// `(1, 2)`
    fn list(&mut self) -> Result<Vec<Literal>, FilterError> {
        if !self.take(&Kind::Open) {
            return Err(self.expected("("));
        }
        let mut values = Vec::new();
        while !self.take(&Kind::Close) {
            let start = self.at;
            match self.operand()? {
                Operand::Literal(value) => values.push(value),
                Operand::Column(_) => {
                    return Err(self.refuse(start, "IN takes values, and no columns"));
                }
            }
            if !self.take(&Kind::Comma) && *self.peek() != Kind::Close {
                return Err(self.expected(", or )"));
            }
        }
        Ok(values)
    }

    fn operand(&mut self) -> Result<Operand, FilterError> {
        let start = self.at;
        match self.term()? {
            Term::Operand(operand) => Ok(operand),
            Term::Condition(_) => {
                Err(self.refuse(start, "a condition cannot be compared: join it by AND or OR"))
            }
        }
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let token = &self.tokens[self.at];
        let operand = match &token.kind {
            Kind::Open => {
                self.at += 1;
                return self.nested(Self::parenthesis);
            }
            Kind::Minus | Kind::Plus | Kind::Number(_) => Operand::Literal(self.number()?),
            Kind::Text(text) => {
                self.at += 1;
                Operand::Literal(Literal::Text(text.clone()))
            }
            Kind::Quoted(_) => Operand::Column(self.path()?),
            Kind::Word(word) => {
                let literal = match word.to_ascii_uppercase().as_str() {
                    "TRUE" => Literal::Bool(true),
                    "FALSE" => Literal::Bool(false),
                    "NULL" => Literal::Null,
                    _ if is_keyword(word) => return Err(self.expected("a column or a value")),
                    _ => return Ok(Term::Operand(Operand::Column(self.path()?))),
                };
                self.at += 1;
                Operand::Literal(literal)
            }
            _ => return Err(self.expected("a column or a value")),
        };
        Ok(Term::Operand(operand))
    }

    /// What follows a `(`. An operand in parentheses is one still.
    fn parenthesis(&mut self) -> Result<Term, FilterError> {
        let start = self.at;
        let first = match self.is_word("NOT") {
            true => self.not()?,
            false => match self.term()? {
                Term::Condition(condition) => condition,
                Term::Operand(operand) if self.take(&Kind::Close) => {
                    return Ok(Term::Operand(operand));
                }
                Term::Operand(operand) => self.after(operand, start)?,
            },
        };
        let condition = self.any_from(first)?;
        match self.take(&Kind::Close) {
            true => Ok(Term::Condition(condition)),
            false => Err(self.expected("AND, OR or )")),
        }
    }

    /// A column: names joined by dots are one name.
    fn path(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut names = Vec::new();
        loop {
            match self.peek() {
                Kind::Word(name) | Kind::Quoted(name) | Kind::Number(name)
                    if !names.is_empty() || !matches!(self.peek(), Kind::Number(_)) =>
                {
                    names.push(name.clone());
                }
                _ => return Err(self.expected("a name")),
            }
            self.at += 1;
            if !self.take(&Kind::Dot) {
                break;
            }
        }
        match names.len() > MAX_PATH {
            true => Err(self.refuse(start, "a path has four names at most")),
            false => Ok(names.join(".")),
        }
    }

    fn number(&mut self) -> Result<Literal, FilterError> {
        let start = self.at;
        let mut negative = false;
        loop {
            match self.peek() {
                Kind::Minus => negative = !negative,
                Kind::Plus => {}
                _ => break,
            }
            self.at += 1;
        }
        if self.take(&Kind::Open) {
            // `-(-1)`
            let inner = self.nested(Self::number)?;
            if !self.take(&Kind::Close) {
                return Err(self.expected(")"));
            }
            return Ok(match inner {
                Literal::Int(value) if negative => Literal::Int(-value),
                Literal::Float(value) if negative => Literal::Float(-value),
                value => value,
            });
        }
        let Kind::Number(digits) = self.peek() else { return Err(self.expected("a number")) };
        let is_whole = digits.bytes().all(|it| it.is_ascii_digit());
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{digits}");
        self.at += 1;
        if is_whole {
            let value = text.parse();
            return value
                .map(Literal::Int)
                .map_err(|_| self.refuse(start, "the number does not fit into 64 bits"));
        }
        let value = text.parse();
        value.map(Literal::Float).map_err(|_| self.refuse(start, "this is no number"))
    }

    fn nested<T>(
        &mut self,
        parse: impl Fn(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(self.at, "too many conditions stand in one another"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn peek(&self) -> &Kind {
        &self.tokens[self.at].kind
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == kind;
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.is_word(keyword);
        self.at += usize::from(found);
        found
    }

    fn is_word(&self, keyword: &str) -> bool {
        matches!(self.peek(), Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn expected(&self, what: &str) -> FilterError {
        let span = self.tokens[self.at].span.clone();
        let found = match self.peek() {
            Kind::End => "the end".to_owned(),
            _ => format!("`{}`", &self.text[span.clone()]),
        };
        error(self.text, span, &format!("expected {what}, found {found}"))
    }

    /// Refuses the tokens from `start` up to the next one.
    fn refuse(&self, start: usize, message: &str) -> FilterError {
        let last = self.at.saturating_sub(1).max(start);
        error(self.text, self.tokens[start].span.start..self.tokens[last].span.end, message)
    }
}

fn one_or(mut conditions: Vec<Condition>, join: fn(Vec<Condition>) -> Condition) -> Condition {
    match conditions.len() {
        1 => conditions.swap_remove(0),
        _ => join(conditions),
    }
}

fn negate_if(negated: bool, condition: Condition) -> Condition {
    match (negated, condition) {
        (false, condition) => condition,
        (true, condition) => Condition::Not(Box::new(condition)),
    }
}

/// A comparison; one of equality between a column and `NULL` asks whether it is NULL.
fn compare(left: Operand, comparison: Comparison, right: Operand) -> Condition {
    use Comparison::{Equal, NotEqual};
    match (left, comparison, right) {
        (Operand::Column(column), Equal | NotEqual, Operand::Literal(Literal::Null))
        | (Operand::Literal(Literal::Null), Equal | NotEqual, Operand::Column(column)) => {
            negate_if(comparison == NotEqual, Condition::IsNull(column))
        }
        (left, comparison, right) => Condition::Compare(left, comparison, right),
    }
}
