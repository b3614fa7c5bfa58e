//! Cuts a script into its statements, so that the one that fails is known.

use crate::tokens::tokens;

/// The statements of a script with their positions in bytes; the last may lack its `;`.
///
/// Source: <https://www.sqlite.org/c3ref/complete.html>: a `;` ends a statement, and `; END ;` a trigger's.
pub(super) fn statements(script: &str) -> Vec<(usize, &str)> {
    let mut statements = Vec::new();
    let mut tokens = tokens(script);
    while let Some((start, first)) = tokens.next() {
        let mut head = vec![first];
        let mut last = ["", first];
        let mut end = start + first.len();
        while !is_end(&head, last) {
            let Some((at, token)) = tokens.next() else {
                end = script.len();
                break;
            };
            if head.len() < 3 {
                head.push(token);
            }
            // The one before the last tells `; END ;` from the `END` of a `CASE`.
            last = match (last[1], token) {
                (";", token) if token.eq_ignore_ascii_case("end") => [";", "end"],
                ("end", ";") if last[0] == ";" => ["end", ";"],
                (_, token) => ["", token],
            };
            end = at + token.len();
        }
        if head != [";"] {
            statements.push((start, &script[start..end]));
        }
    }
    statements
}

/// Whether a statement that begins so is complete after these tokens.
fn is_end(head: &[&str], last: [&str; 2]) -> bool {
    let is = |at: usize, words: &[&str]| {
        head.get(at).is_some_and(|token| words.iter().any(|it| it.eq_ignore_ascii_case(token)))
    };
    let temporary = is(1, &["temp", "temporary"]);
    let trigger = is(0, &["create"]) && is(if temporary { 2 } else { 1 }, &["trigger"]);
    last[1] == ";" && (!trigger || last[0] == "end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_cut() {
        let check = |script: &str, expected: &[&str]| {
            let found: Vec<_> = statements(script).into_iter().map(|(_, it)| it).collect();
            assert_eq!(found, expected, "{script}");
        };
        check("", &[]);
        check("-- nothing\n", &[]);
        check("A;B ; ;C", &["A;", "B ;", "C"]);
        check("A ';' \";\"; -- ;\nB /* ; */ c;", &["A ';' \";\";", "B /* ; */ c;"]);
        let trigger = "create temp trigger t after insert on a begin \
                       update a set b = case when 1 then 2 end; select 1; end;";
        check(&format!("{trigger} A;"), &[trigger, "A;"]);
        check(
            "CREATE TRIGGER t BEGIN A; END -- ;\n;B;",
            &["CREATE TRIGGER t BEGIN A; END -- ;\n;", "B;"],
        );
        check("CREATE TABLE trigger_a; END;", &["CREATE TABLE trigger_a;", "END;"]);
    }
}
