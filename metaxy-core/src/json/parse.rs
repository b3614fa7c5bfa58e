//! Reading JSON. serde_json reads strings with escapes; the rest is here, because it makes floats of large whole
//! numbers unless a feature is on that changes it for the user's whole build, and because Python also reads and
//! writes `NaN`.

use super::Json;

/// How deep arrays and objects may be nested; pydantic's limit for the JSON schema of a feature.
const MAX_DEPTH: usize = 200;

/// Why a text is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct JsonError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in bytes from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

impl Json {
    /// Reads a JSON text. Of keys that repeat, the last value counts, in the place of the first.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where the text is no JSON, or nested deeper than 200.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let mut parser = Parser { text, at: 0 };
        let parsed = parser.document();
        parsed.map_err(|problem| {
            let read = &text[..parser.at];
            let line_start = read.rfind('\n').map_or(0, |at| at + 1);
            JsonError {
                line: read.matches('\n').count() + 1,
                column: parser.at - line_start + 1,
                problem,
            }
        })
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

type Parsed<T> = Result<T, String>;

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Json> {
        let json = self.value(0)?;
        self.skip_space();
        match self.peek() {
            None => Ok(json),
            Some(_) => Err(self.expected("the end")),
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Json> {
        if depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH}"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'"') => self.string().map(Json::String),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(b'-') if self.rest().starts_with("-I") => {
                self.word("-Infinity", Json::Float(f64::NEG_INFINITY))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'N') => self.word("NaN", Json::Float(f64::NAN)),
            Some(b'I') => self.word("Infinity", Json::Float(f64::INFINITY)),
            _ => Err(self.expected("a value")),
        }
    }

    fn word(&mut self, word: &str, json: Json) -> Parsed<Json> {
        if !self.rest().starts_with(word) {
            return Err(self.expected(&format!("`{word}`")));
        }
        self.at += word.len();
        Ok(json)
    }

    fn array(&mut self, depth: usize) -> Parsed<Json> {
        let mut elements = Vec::new();
        self.at += 1;
        while !self.closes(b']', elements.is_empty())? {
            elements.push(self.value(depth + 1)?);
        }
        Ok(Json::Array(elements))
    }

    fn object(&mut self, depth: usize) -> Parsed<Json> {
        // Gathered first, so that the map takes no more memory than it needs.
        let mut entries = Vec::new();
        self.at += 1;
        while !self.closes(b'}', entries.is_empty())? {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in double quotes"));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            entries.push((key, self.value(depth + 1)?));
        }
        Ok(entries.into_iter().collect())
    }

    /// Whether the array or object ends here; if not, takes the comma before the next element.
    fn closes(&mut self, bracket: u8, is_first: bool) -> Parsed<bool> {
        self.skip_space();
        if self.take(bracket) {
            return Ok(true);
        }
        if is_first || self.take(b',') {
            return Ok(false);
        }
        Err(self.expected(&format!("`,` or `{}`", char::from(bracket))))
    }

    fn string(&mut self) -> Parsed<String> {
        let bytes = self.rest().as_bytes();
        let mut end = 1;
        let mut plain = true;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    plain = false;
                    end += 2;
                }
                Some(&byte) => {
                    plain &= byte >= b' ';
                    end += 1;
                }
                None => return Err("a string that does not end".to_owned()),
            }
        }
        let quoted = &self.rest()[..=end];
        let text = match plain {
            true => quoted[1..end].to_owned(),
            false => serde_json::from_str(quoted).map_err(|error| {
                let error = error.to_string();
                let problem = error.split(" at line").next().unwrap_or_default();
                format!("a string that cannot be read: {problem}")
            })?,
        };
        self.at += quoted.len();
        Ok(text)
    }

    fn number(&mut self) -> Parsed<Json> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        let mut whole = true;
        if self.take(b'.') {
            whole = false;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            whole = false;
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        Ok(match text.parse() {
            Ok(number) if whole => Json::Int(number),
            _ if whole => Json::BigInt(text.to_owned()),
            _ => Json::Float(text.parse().expect("Rust reads every float of JSON")),
        })
    }

    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, what: &str) -> String {
        match self.rest().chars().next() {
            Some(found) => format!("expected {what}, found `{found}`"),
            None => format!("expected {what}, found the end"),
        }
    }
}
