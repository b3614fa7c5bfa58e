//! Filters as text, as Metaxy for Python 0.1.11 reads them; `data/filters.json` holds what it made of each.

use metaxy_diesel::rows::{Comparison, Condition, Filter, Literal, Operand};

/// The condition as the golden file writes it.
fn canonical(condition: &Condition) -> String {
    let join = |name: &str, all: &[Condition]| {
        let mut all = all.iter().map(canonical);
        let first = all.next().expect("is not empty");
        all.fold(first, |left, right| format!("({name} {left} {right})"))
    };
    match condition {
        Condition::And(all) => join("and", all),
        Condition::Or(all) => join("or", all),
        Condition::Not(inner) => format!("(not {})", canonical(inner)),
        Condition::Compare(left, comparison, right) => {
            let symbol = match comparison {
                Comparison::NotEqual => "!=",
                other => other.symbol(),
            };
            format!("({symbol} {} {})", operand(left), operand(right))
        }
        Condition::IsNull(column) => format!("(null `{column}`)"),
        Condition::In(column, values) => {
            let values: Vec<_> = values.iter().map(literal).collect();
            format!("(in `{column}` {})", values.join(" "))
        }
        Condition::Column(column) => format!("`{column}`"),
        Condition::Constant(value) => value.map_or("null".to_owned(), |it| it.to_string()),
    }
}

fn operand(operand: &Operand) -> String {
    match operand {
        Operand::Column(column) => format!("`{column}`"),
        Operand::Literal(value) => literal(value),
    }
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Text(value) => serde_json::to_string(value).expect("a text is JSON"),
    }
}

#[test]
fn filters_are_read_as_python_reads_them() {
    let cases: Vec<(String, Option<String>)> =
        serde_json::from_str(include_str!("../data/filters.json")).expect("the cases are JSON");
    let mut failures = Vec::new();
    for (text, expected) in &cases {
        let found = Filter::parse(text).map(|it| canonical(it.condition()));
        if found.as_ref().ok() != expected.as_ref() {
            failures.push(format!("{text:?}\n  found    {found:?}\n  expected {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn what_is_no_filter_says_where_and_why() {
    let check = |text: &str, expected: &str| {
        let refused = Filter::parse(text).map(|it| it.to_string());
        assert_eq!(refused.map_err(|error| error.to_string()), Err(expected.to_owned()));
    };
    check("", "filter ``, character 1: expected a column or a value, found the end");
    check("état = 'x", "filter `état = 'x`, character 8: ' is not closed");
    check(
        "height = 480 path = 'a'",
        "filter `height = 480 path = 'a'`, character 14: expected AND, OR or the end, found `path`",
    );
    check(
        "height IN (1, width)",
        "filter `height IN (1, width)`, character 15: IN takes values, and no columns",
    );
    check(
        "height > 480 AND 5",
        "filter `height > 480 AND 5`, character 18: a value alone is no condition: compare it with a column",
    );
    check(
        "height = 99999999999999999999",
        "filter `height = 99999999999999999999`, character 10: the number does not fit into 64 bits",
    );
    check(
        &"(".repeat(10_000),
        &format!(
            "filter `{}`, character 202: too many conditions stand in one another",
            "(".repeat(10_000)
        ),
    );
}
