//! Reads what SQLite tells only in the text of a table's definition: its checks, and which foreign keys can be deferred.

use crate::{schema::Deferrable, tokens::tokens};

/// The conditions of all `CHECK (…)` of a `CREATE TABLE`, as written, in order.
pub(super) fn checks(definition: &str) -> Vec<String> {
    let mut checks = Vec::new();
    let mut depth = 0_usize;
    // Where the condition begins that is being read.
    let mut start = None;
    let mut after_check = false;
    for (at, token) in tokens(definition) {
        match token {
            "(" => {
                if after_check && depth == 1 {
                    start = Some(at + 1);
                }
                depth += 1;
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 1
                    && let Some(start) = start.take()
                {
                    checks.push(definition[start..at].trim().to_owned());
                }
            }
            _ => {}
        }
        after_check = token.eq_ignore_ascii_case("check");
    }
    checks
}

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

    #[test]
    fn checks_are_found() {
        let check = |definition: &str, expected: &[&str]| {
            assert_eq!(checks(definition), expected, "{definition}");
        };
        check("CREATE TABLE a (b INTEGER)", &[]);
        check("CREATE TABLE a (b INTEGER CHECK (b > (1 + 2)), c TEXT)", &["b > (1 + 2)"]);
        check(
            r#"CREATE TABLE "check (x)" ("check" TEXT, [check] TEXT, `check` INT /* check (1) */, -- check (2)
            d TEXT DEFAULT 'check (3)', CONSTRAINT e check ( d <> ')''(' ), CHECK ("check" IN ('a', 'b')))"#,
            &["d <> ')''('", r#""check" IN ('a', 'b')"#],
        );
        check("CREATE TABLE a (b TEXT DEFAULT (check_it(1)), c TEXT CHECK(c<>''))", &["c<>''"]);
        check("CREATE TABLE a (b TEXT DEFAULT 'open", &[]);
    }
}
