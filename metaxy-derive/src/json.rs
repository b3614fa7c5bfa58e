//! JSON written as tokens, `{ "owner": "vision", "tiers": [1, 2.5, null] }`, checked while compiling.

use crate::parse::Name;
use std::fmt::Write;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitBool, LitFloat, LitInt, LitStr, Token, braced, bracketed};

/// Any JSON value.
#[derive(Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number, as its digits.
    Int(String),
    /// A number with a fraction or an exponent, as its digits.
    Float(String),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// A JSON object, in the order it was written.
#[derive(Clone, Default)]
pub struct Object(pub Vec<(Name, Value)>);

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            Ok(Self::Text(input.parse::<LitStr>()?.value()))
        } else if input.peek(LitBool) {
            Ok(Self::Bool(input.parse::<LitBool>()?.value))
        } else if input.peek(syn::token::Bracket) {
            let content;
            bracketed!(content in input);
            let items = content.parse_terminated(Self::parse, Token![,])?;
            Ok(Self::Array(items.into_iter().collect()))
        } else if input.peek(syn::token::Brace) {
            input.parse().map(Self::Object)
        } else if input.peek(Ident) && input.fork().parse::<Ident>()? == "null" {
            input.parse::<Ident>()?;
            Ok(Self::Null)
        } else {
            number(input)
        }
    }
}

impl Parse for Object {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(syn::token::Brace) {
            return Err(input.error("expected a JSON object: `{ \"key\": value }`"));
        }
        let content;
        braced!(content in input);
        let mut object = Self::default();
        while !content.is_empty() {
            let key: LitStr = content.parse().map_err(|error| {
                syn::Error::new(error.span(), "expected a key of a JSON object: a string")
            })?;
            content.parse::<Token![:]>()?;
            object.insert(Name::from(&key), content.parse()?)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(object)
    }
}

impl Object {
    /// Adds an entry.
    ///
    /// # Errors
    ///
    /// Where the key is there already.
    pub fn insert(&mut self, key: Name, value: Value) -> syn::Result<()> {
        if self.0.iter().any(|(name, _)| name.text == key.text) {
            let message = format!("`{}` is given twice: leave one of them out", key.text);
            return Err(syn::Error::new(key.span, message));
        }
        self.0.push((key, value));
        Ok(())
    }

    /// These entries over those of `base`, by key.
    pub fn over(self, mut base: Self) -> Self {
        for (key, value) in self.0 {
            match base.0.iter_mut().find(|(name, _)| name.text == key.text) {
                Some(entry) => entry.1 = value,
                None => base.0.push((key, value)),
            }
        }
        base
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(digits) | Self::Float(digits) => out.write_str(digits),
            Self::Text(text) => string(out, text),
            Self::Array(items) => {
                out.write_char('[')?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at > 0 { "," } else { "" })?;
                }
                out.write_char(']')
            }
            Self::Object(object) => write!(out, "{object}"),
        }
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_char('{')?;
        for (at, (key, value)) in self.0.iter().enumerate() {
            out.write_str(if at > 0 { "," } else { "" })?;
            string(out, &key.text)?;
            write!(out, ":{value}")?;
        }
        out.write_char('}')
    }
}

fn number(input: ParseStream<'_>) -> syn::Result<Value> {
    let sign = if input.parse::<Option<Token![-]>>()?.is_some() { "-" } else { "" };
    let (digits, suffix, span, float) = if input.peek(LitInt) {
        let literal: LitInt = input.parse()?;
        (literal.base10_digits().to_owned(), literal.suffix().to_owned(), literal.span(), false)
    } else if input.peek(LitFloat) {
        let literal: LitFloat = input.parse()?;
        (literal.base10_digits().to_owned(), literal.suffix().to_owned(), literal.span(), true)
    } else {
        return Err(input.error(
            "expected a JSON value: null, true, false, a number, a \"string\", [an array] or {an object}",
        ));
    };
    if !suffix.is_empty() {
        return Err(syn::Error::new(
            span,
            format!("JSON numbers have no suffix: remove `{suffix}`"),
        ));
    }
    // Rust writes `1.`, JSON does not.
    let digits = format!("{sign}{digits}{}", if digits.ends_with('.') { "0" } else { "" });
    Ok(if float { Value::Float(digits) } else { Value::Int(digits) })
}

fn string(out: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            control if control < ' ' => write!(out, "\\u{:04x}", control as u32)?,
            other => out.write_char(other)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::Value;

    fn check(tokens: &str, expected: Result<&str, &str>) {
        let parsed = syn::parse_str::<Value>(tokens);
        let written = parsed.map(|it| it.to_string()).map_err(|it| it.to_string());
        let written = written.as_deref().map_err(|it| &it[..expected.map_or_else(str::len, |_| 0)]);
        assert_eq!(written, expected, "{tokens}");
    }

    #[test]
    fn tokens_become_json() {
        check("null", Ok("null"));
        check("-1_000", Ok("-1000"));
        check("123456789012345678901234567890", Ok("123456789012345678901234567890"));
        check("2.50", Ok("2.50"));
        check("1e-7", Ok("1e-7"));
        check("1.", Ok("1.0"));
        check(r#""a\"b\\c\n\u{e9}""#, Ok("\"a\\\"b\\\\c\\u000aé\""));
        check(r#"{"a": [1, true, {}], "b": null,}"#, Ok(r#"{"a":[1,true,{}],"b":null}"#));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        check("1u8", Err("JSON numbers have no suffix: remove `u8`"));
        check("nul", Err("expected a JSON value"));
        check(r#"{a: 1}"#, Err("expected a key of a JSON object: a string"));
        check(r#"{"a": 1, "a": 2}"#, Err("`a` is given twice"));
        check("- null", Err("expected a JSON value"));
    }
}
