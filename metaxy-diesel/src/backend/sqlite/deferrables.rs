//! Reads which foreign keys can be deferred, which SQLite tells only in the text of a table's definition.

use crate::{schema::Deferrable, tokens::tokens};

/// Of all foreign keys of a `CREATE TABLE`, in order, whether they can be deferred.
///
/// Source: <https://www.sqlite.org/syntax/foreign-key-clause.html>.
pub(super) fn deferrables(definition: &str) -> Vec<Deferrable> {
    let mut found = Vec::new();
    let (mut depth, mut before) = (0_usize, "");
    for (_, token) in tokens(definition) {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth != 1 => {}
            _ if token.eq_ignore_ascii_case("references") => found.push(Deferrable::No),
            _ => {
                let is = |word| token.eq_ignore_ascii_case(word);
                match found.last_mut() {
                    Some(it) if is("deferrable") && !before.eq_ignore_ascii_case("not") => {
                        *it = Deferrable::Immediate;
                    }
                    Some(it) if is("deferred") && *it == Deferrable::Immediate => {
                        *it = Deferrable::Deferred;
                    }
                    _ => {}
                }
            }
        }
        before = token;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deferrable_foreign_keys_are_found() {
        use Deferrable::{Deferred, Immediate, No};
        let check = |definition: &str, expected: &[Deferrable]| {
            assert_eq!(deferrables(definition), expected, "{definition}");
        };
        check("CREATE TABLE \"references\" (a TEXT DEFAULT 'references')", &[]);
        check(
            "CREATE TABLE a (b INT REFERENCES c (d) NOT DEFERRABLE INITIALLY DEFERRED, e INT references f deferrable,
            CONSTRAINT g FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, h INT)",
            &[No, Immediate, Deferred],
        );
    }
}
