//! JSON reads back as what was written, and is written as Python writes it.

use metaxy_core::{FeatureKey, Json};
use proptest::prelude::*;

#[test]
fn writes_what_python_writes() {
    let check = |input: &str, expected: &str| {
        let json = Json::parse(input).unwrap_or_else(|error| panic!("{input}: {error}"));
        assert_eq!(json.dumps_sorted(), expected, "{input}");
    };
    // Each is `json.dumps(json.loads(input), sort_keys=True)` of CPython 3.11.
    check("  null ", "null");
    check("[true,false]", "[true, false]");
    check("-0", "0");
    check("-0.0", "-0.0");
    check("0.1", "0.1");
    check("1.0", "1.0");
    check("104.0", "104.0");
    check("1e3", "1000.0");
    check("1E15", "1000000000000000.0");
    check("1e16", "1e+16");
    check("9999999999999998.0", "9999999999999998.0");
    check("0.0001", "0.0001");
    check("0.00001", "1e-05");
    check("1.5e-7", "1.5e-07");
    check("-1.25e+100", "-1.25e+100");
    check("1e400", "Infinity");
    check("[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]");
    check("5e-324", "5e-324");
    check("1.7976931348623157e308", "1.7976931348623157e+308");
    // Two shortest forms are equally near: Python takes the even one.
    check("2.98023223876953125e-8", "2.9802322387695312e-08");
    check("1658206780088562.25", "1658206780088562.2");
    check("9223372036854775807", "9223372036854775807");
    check("9223372036854775808", "9223372036854775808");
    check("-9223372036854775809", "-9223372036854775809");
    check("123456789012345678901234567890", "123456789012345678901234567890");
    check(
        r#""é \" \\ \/ \b\f\n\r\t \u0000 \u007f 🎬""#,
        r#""\u00e9 \" \\ / \b\f\n\r\t \u0000 \u007f \ud83c\udfac""#,
    );
    check(
        r#"{"b": 1, "a": {}, "B": [], "": 2, "é": 3, "🎬": 4, "": 5}"#,
        r#"{"": 5, "B": [], "a": {}, "b": 1, "\u00e9": 3, "\ud83c\udfac": 4}"#,
    );
    // By code point, though UTF-16 would sort the other way round.
    check(r#"{"🎬": 1, "\uffff": 2}"#, r#"{"\uffff": 2, "\ud83c\udfac": 1}"#);
}

#[test]
fn refuses_what_is_no_json() {
    let check = |input: &str, expected: &str| {
        assert_eq!(Json::parse(input).expect_err(input).to_string(), expected, "{input}");
    };
    check("", "line 1, column 1: expected a value, found the end");
    check("{\n  'a': 1}", "line 2, column 3: expected a key in double quotes, found `'`");
    check("[1,]", "line 1, column 4: expected a value, found `]`");
    check("[1 2]", "line 1, column 4: expected `,` or `]`, found `2`");
    check("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`");
    check("01", "line 1, column 2: expected the end, found `1`");
    check("1.", "line 1, column 3: expected a digit, found the end");
    check("-", "line 1, column 2: expected a digit, found the end");
    check("nul", "line 1, column 1: expected `null`, found `n`");
    check("\"a", "line 1, column 1: a string that does not end");
    check("\"\\", "line 1, column 1: a string that does not end");
    check(
        "\"\n\"",
        "line 1, column 1: a string that cannot be read: control character (\\u0000-\\u001F) found while parsing a string",
    );
    check(
        "\"\\ud800\"",
        "line 1, column 1: a string that cannot be read: unexpected end of hex escape",
    );
    check(&"[".repeat(100_000), "line 1, column 202: nested deeper than 200");
}

#[test]
fn keeps_every_digit_through_serde() {
    let text = r#"{"b":36893488147419103232,"a":[-9223372036854775809,1.5,"é",null]}"#;
    let json: Json = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&json).unwrap(), text);
    assert_eq!(json.to_string(), text);
}

proptest! {
    #[test]
    fn reads_back_what_it_wrote(json in json()) {
        for text in [json.dumps(), json.to_string(), serde_json::to_string(&json).unwrap()] {
            prop_assert_eq!(&Json::parse(&text).unwrap(), &json);
        }
        let sorted = json.dumps_sorted();
        prop_assert!(sorted.is_ascii());
        prop_assert_eq!(&Json::parse(&sorted).unwrap(), &json);
        prop_assert_eq!(Json::parse(&sorted).unwrap().dumps(), sorted);
    }

    #[test]
    fn never_panics(text in "[\\[\\]{}\",:\\\\ueE0-9+.a-z\n é-]{0,40}") {
        let _ = Json::parse(&text);
    }

    #[test]
    fn keys_sort_by_their_parts(keys in proptest::collection::vec("[a-b_-]{1,2}(/[a-b0_-]{1,2}){0,2}", 2)) {
        if let [Ok(one), Ok(other)] = [0, 1].map(|at: usize| FeatureKey::new(&keys[at])) {
            let parts = |key: &FeatureKey| key.parts().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(one.cmp(&other), parts(&one).cmp(&parts(&other)));
            prop_assert_eq!(&FeatureKey::from_parts(one.parts()).unwrap(), &one);
        }
    }
}

/// Any finite JSON value.
fn json() -> impl Strategy<Value = Json> {
    let finite = any::<f64>().prop_filter("finite", |number| number.is_finite());
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "-?[1-9][0-9]{19,60}".prop_map(Json::BigInt),
        finite.prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}
