//! The tokens of a filter's text.

use super::{Comparison, FilterError};
use std::{iter::Peekable, ops::Range, str::CharIndices};

/// A token, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word without quotes: a keyword, or the name of a column.
    Word(String),
    /// A name in double quotes.
    Quoted(String),
    Text(String),
    /// Digits, as they were written, without a sign.
    Number(String),
    Comparison(Comparison),
    Open,
    Close,
    Comma,
    Dot,
    Minus,
    Plus,
    Semicolon,
    End,
}

/// The tokens, with [`Kind::End`] as the last.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let rest = &text[start..];
        let kind = match first {
            _ if first.is_whitespace() => continue,
            '-' if rest.starts_with("--") => {
                take_while(&mut chars, |it| it != '\n');
                continue;
            }
            '/' if rest.starts_with("/*") => {
                let end = rest[2..].find("*/").map(|at| start + 2 + at + 2);
                let end =
                    end.ok_or_else(|| error(text, start..text.len(), "a comment has no end"))?;
                while chars.next_if(|(at, _)| *at < end).is_some() {}
                continue;
            }
            '(' => Kind::Open,
            ')' => Kind::Close,
            ',' => Kind::Comma,
            ';' => Kind::Semicolon,
            '-' => Kind::Minus,
            '+' => Kind::Plus,
            '=' => {
                chars.next_if(|(_, it)| *it == '=');
                Kind::Comparison(Comparison::Equal)
            }
            '!' if chars.next_if(|(_, it)| *it == '=').is_some() => {
                Kind::Comparison(Comparison::NotEqual)
            }
            '<' => Kind::Comparison(match chars.next_if(|(_, it)| matches!(it, '=' | '>')) {
                Some((_, '=')) => Comparison::LessOrEqual,
                Some(_) => Comparison::NotEqual,
                None => Comparison::Less,
            }),
            '>' => Kind::Comparison(match chars.next_if(|(_, it)| *it == '=') {
                Some(_) => Comparison::GreaterOrEqual,
                None => Comparison::Greater,
            }),
            '\'' => Kind::Text(quoted(text, start, '\'', &mut chars)?),
            '"' => match quoted(text, start, '"', &mut chars)? {
                name if name.is_empty() => {
                    return Err(error(text, start..start + 2, "a column has no name"));
                }
                name => Kind::Quoted(name),
            },
            '.' if !rest[1..].starts_with(|it: char| it.is_ascii_digit())
                || after_name(&tokens) =>
            {
                Kind::Dot
            }
            '.' | '0'..='9' => number(text, start, &mut chars)?,
            _ if is_word(first) => {
                take_while(&mut chars, is_word);
                let end = chars.peek().map_or(text.len(), |(at, _)| *at);
                if chars.peek().is_some_and(|(_, it)| *it == '\'') {
                    return Err(error(
                        text,
                        start..end + 1,
                        "texts with a prefix are not supported",
                    ));
                }
                Kind::Word(text[start..end].to_owned())
            }
            _ => {
                let span = start..start + first.len_utf8();
                return Err(error(text, span, &format!("`{first}` has no meaning here")));
            }
        };
        let end = chars.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push(Token { kind, span: start..end });
    }
    tokens.push(Token { kind: Kind::End, span: text.len()..text.len() });
    Ok(tokens)
}

pub(super) fn error(text: &str, span: Range<usize>, message: &str) -> FilterError {
    FilterError { text: text.to_owned(), span, message: message.to_owned() }
}

type Chars<'a> = Peekable<CharIndices<'a>>;

fn is_word(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '_' | '$')
}

/// Whether a dot continues a path: `a.1` is a column, `NOT .1` a number.
fn after_name(tokens: &[Token]) -> bool {
    match tokens.last().map(|token| &token.kind) {
        Some(Kind::Word(word)) => !is_keyword(word),
        Some(Kind::Quoted(_)) => true,
        _ => false,
    }
}

const KEYWORDS: [&str; 8] = ["AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE"];

/// Whether a word is no column unless it is quoted.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|it| it.eq_ignore_ascii_case(word))
}

fn take_while(chars: &mut Chars<'_>, wanted: impl Fn(char) -> bool) {
    while chars.next_if(|(_, it)| wanted(*it)).is_some() {}
}

/// What stands between quotes, which are doubled within.
fn quoted(
    text: &str,
    start: usize,
    quote: char,
    chars: &mut Chars<'_>,
) -> Result<String, FilterError> {
    let mut value = String::new();
    while let Some((_, it)) = chars.next() {
        match it == quote {
            false => value.push(it),
            true if chars.next_if(|(_, it)| *it == quote).is_some() => value.push(quote),
            true => return Ok(value),
        }
    }
    Err(error(text, start..text.len(), &format!("{quote} is not closed")))
}

/// `12`, `1.5`, `.5`, `1.`, `1e3`.
fn number(text: &str, start: usize, chars: &mut Chars<'_>) -> Result<Kind, FilterError> {
    let digits = |chars: &mut Chars<'_>| take_while(chars, |it| it.is_ascii_digit());
    digits(chars);
    if !text[start..].starts_with('.') && chars.next_if(|(_, it)| *it == '.').is_some() {
        digits(chars);
    }
    if chars.next_if(|(_, it)| matches!(it, 'e' | 'E')).is_some() {
        chars.next_if(|(_, it)| matches!(it, '+' | '-'));
        digits(chars);
    }
    let after = chars.peek().copied();
    let end = after.map_or(text.len(), |(at, _)| at);
    let is_number = text[start..end].ends_with(|it: char| it.is_ascii_digit() || it == '.');
    match after {
        Some((at, it)) if is_word(it) => {
            let span = start..at + it.len_utf8();
            Err(error(text, span, "a name does not begin with a digit: quote it"))
        }
        _ if !is_number => Err(error(text, start..end, "the exponent has no digits")),
        _ => Ok(Kind::Number(text[start..end].to_owned())),
    }
}
