//! [`Source`]: a file that was read, and how a line of it is quoted without its secrets.

use super::{Place, secret::MASK};
use std::{ops::Range, path::PathBuf};
use toml_parser::{Source as Lexed, lexer::TokenKind};

/// A file that was read. Its text holds secrets, hence no `Debug`.
pub(super) struct Source {
    pub file: PathBuf,
    pub text: String,
}

/// How much of a line may be quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// All but strings and comments.
    Hidden,
    /// The string that is meant, too: its key is one that never holds a secret.
    Shown,
    /// The line is not TOML: where its strings begin and end is unknown.
    Broken,
}

impl Source {
    /// The place of `span`, as far as `quote` allows.
    pub fn place(&self, span: Range<usize>, quote: Quote) -> Place {
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[span.start..].find('\n').map_or(self.text.len(), |at| span.start + at);
        let line = start..end;
        let (source, label) = match quote {
            Quote::Broken => quote_broken(&self.text, line, span.start - start),
            Quote::Hidden | Quote::Shown => {
                quote_tokens(&self.text, line, &span, quote == Quote::Shown)
            }
        };
        let before = self.text[start..span.start].trim_start_matches('\u{feff}');
        Place {
            file: self.file.clone(),
            line: self.text[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            span,
            source,
            label,
        }
    }
}

fn quote_tokens(
    text: &str,
    line: Range<usize>,
    span: &Range<usize>,
    shown: bool,
) -> (String, Range<usize>) {
    let mut quoted = String::new();
    let mut label = None::<Range<usize>>;
    for token in Lexed::new(text).lex() {
        let token_span = token.span().start()..token.span().end();
        if token_span.end <= line.start || token.kind() == TokenKind::Newline {
            continue;
        }
        if token_span.start >= line.end {
            break;
        }
        let raw = &text[token_span.clone()];
        let at = quoted.len();
        let verbatim = match token.kind() {
            TokenKind::BasicString | TokenKind::LiteralString => {
                let is_meant = span.start <= token_span.start && token_span.end <= span.end;
                shown && is_meant || is_variable(raw)
            }
            TokenKind::Comment | TokenKind::MlBasicString | TokenKind::MlLiteralString => false,
            _ => true,
        };
        match token.kind() {
            _ if verbatim => quoted += raw,
            TokenKind::Comment => quoted += &format!("# {MASK}"),
            _ => quoted += &format!("\"{MASK}\""),
        }
        if token_span.start < span.end && span.start < token_span.end {
            let (mut from, mut to) = (at, quoted.len());
            if verbatim {
                from += span.start.saturating_sub(token_span.start);
                to -= token_span.end.saturating_sub(span.end);
            }
            label = Some(label.map_or(from, |label| label.start)..to);
        }
    }
    let label = label.unwrap_or(quoted.len()..quoted.len());
    (quoted, label)
}

/// Whether a string is one variable and nothing else: `"${NAME}"`.
fn is_variable(raw: &str) -> bool {
    let inner = raw.trim_matches(['"', '\'']);
    inner
        .strip_prefix("${")
        .and_then(|name| name.strip_suffix('}'))
        .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// Of a line that is not TOML, only what cannot be part of a secret: the key before the first `=`, a
/// table's header, and the values of keys that hold none.
fn quote_broken(text: &str, line: Range<usize>, at: usize) -> (String, Range<usize>) {
    let in_string = Lexed::new(text).lex().any(|token| {
        let span = token.span();
        span.start() < line.start && span.end() > line.start && token.kind() != TokenKind::Newline
    });
    let line = text[line].trim_end_matches('\r');
    let is_key = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_. \t[]".contains(&byte))
    };
    let is_plain = |key: &str, value: &str| {
        PLAIN_KEYS.contains(&key.trim()) && !value.contains(['=', '@', ':', '#'])
    };
    let quoted = match line.split_once('=') {
        _ if in_string => MASK.to_owned(),
        Some((key, value)) if is_plain(key, value) => line.to_owned(),
        Some((key, _)) if is_key(key) => format!("{key}= {MASK}"),
        None if line.trim_start().starts_with('[') && is_key(line) => line.to_owned(),
        _ => MASK.to_owned(),
    };
    let start = at.min(quoted.len().saturating_sub(1));
    let start = (0..=start).rev().find(|&at| quoted.is_char_boundary(at)).unwrap_or(0);
    let end = quoted[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    (quoted, start..end)
}

/// Keys whose values are no secrets, and that are often written without quotes by mistake.
const PLAIN_KEYS: &[&str] =
    &["project", "store", "type", "hash_truncation_length", "extend", "locked", "sync", "theme"];
