//! [`Filter`]: a condition on rows as text, `height >= 480 AND NOT (path IS NULL)`.
//!
//! It is what `sql_filters` of a dependency holds, and means what Metaxy for Python 0.1.11 makes of the same text.

mod lexer;
mod parse;
mod render;

pub(super) use render::Columns;

use std::{fmt, ops::Range, str::FromStr};

/// A condition on the columns of a table.
///
/// Comparisons (`=`, `!=`, `<`, `<=`, `>`, `>=`), `AND`, `OR`, `NOT`, `IN`, `NOT IN`, `IS NULL`, `IS NOT NULL`, parentheses;
/// columns (`"quoted"` where need be, dotted paths are one name), texts, numbers, `TRUE`, `FALSE`, `NULL`; a column alone is a
/// boolean one. `= NULL` and `!= NULL` mean `IS NULL` and `IS NOT NULL`.
///
/// ```
/// use metaxy_diesel::rows::Filter;
///
/// let filter: Filter = "height >= 480 and not (path is null)".parse()?;
/// assert_eq!(filter.to_string(), "height >= 480 and not (path is null)");
/// assert_eq!(filter.columns(), ["height", "path"]);
///
/// let refused = "height >= AND path".parse::<Filter>().unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "filter `height >= AND path`, character 11: expected a column or a value, found `AND`"
/// );
/// # Ok::<(), metaxy_diesel::rows::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    text: String,
    condition: Condition,
}

/// What a filter's text says.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them hold.
    And(Vec<Condition>),
    /// One of them holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Two operands compare so.
    Compare(Operand, Comparison, Operand),
    /// A column is NULL.
    IsNull(String),
    /// A column has one of these values.
    In(String, Vec<Literal>),
    /// A boolean column.
    Column(String),
    /// Always, never, or (`None`) unknown.
    Constant(Option<bool>),
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A column, by its name.
    Column(String),
    /// A value.
    Literal(Literal),
}

/// A value in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `NULL`
    Null,
    /// `TRUE` or `FALSE`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text.
    Text(String),
}

/// How two operands compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter `{text}`, character {}: {message}", text[..span.start].chars().count() + 1)]
pub struct FilterError {
    /// The text.
    pub text: String,
    /// The part that is wrong, in bytes.
    pub span: Range<usize>,
    /// What is wrong with it.
    pub message: String,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// [`FilterError`], with the place and what was expected there.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let condition = parse::condition(text)?;
        Ok(Self { text: text.to_owned(), condition })
    }

    /// What it says.
    pub fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The columns that it names, in order, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.condition.add_columns(&mut columns);
        columns
    }
}

impl Condition {
    fn add_columns<'a>(&'a self, columns: &mut Vec<&'a str>) {
        let mut add = |name: &'a str| {
            if !columns.contains(&name) {
                columns.push(name);
            }
        };
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|it| it.add_columns(columns)),
            Self::Not(condition) => condition.add_columns(columns),
            Self::Compare(left, _, right) => {
                for operand in [left, right] {
                    if let Operand::Column(name) = operand {
                        add(name);
                    }
                }
            }
            Self::IsNull(name) | Self::In(name, _) | Self::Column(name) => add(name),
            Self::Constant(_) => {}
        }
    }
}

impl Comparison {
    /// As SQL writes it.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl fmt::Display for Filter {
    /// The text, as it was written.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
