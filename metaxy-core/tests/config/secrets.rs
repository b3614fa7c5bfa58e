//! No password is ever printed.

use crate::discover;
use metaxy_core::config::Origin;
use proptest::prelude::*;

/// What a renderer of diagnostics gets: the line with its secrets left out, and the label in it.
#[test]
fn errors_quote_their_line_without_secrets() {
    for (text, source, label) in [
        ("\nstorre = 'x'", "storre = \"***\"", "storre"),
        ("project = 'a b' # why", "project = 'a b' # ***", "'a b'"),
        ("hash_truncation_length = '7'\r\n", "hash_truncation_length = '7'", "'7'"),
        (
            "[stores]\ndev = { type = 'postgres', connection_strng = 'postgres://u:hunter2@h/d' }",
            "dev = { type = \"***\", connection_strng = \"***\" }",
            "connection_strng",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '${NOPE}'",
            "connection_string = '${NOPE}'",
            "'${NOPE}'",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:hunter2@${NOPE}'",
            "connection_string = \"***\"",
            "\"***\"",
        ),
        (
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '''\npostgres://u:hunter2@${NOPE}'''",
            "connection_string = \"***\"",
            "\"***\"",
        ),
        ("connection_string = postgres://u:hunter2@h", "connection_string = ***", "*"),
        ("connection_string = 'postgres://u:hunter2@h", "connection_string = ***", "*"),
        ("connection_string = \"\"\"\nhunter2\\q\"\"\"", "***", "*"),
        ("project = video", "project = video", "v"),
        ("[stores", "[stores", "s"),
    ] {
        let (_directory, config) = discover(&[("metaxy.toml", text)], &[], "");
        let error = config.expect_err("this must be refused");
        let Some(Origin::File(place)) = error.origin() else { panic!("{error} has no place") };
        assert_eq!(place.source, source, "of {text}");
        assert_eq!(&place.source[place.label.clone()], label, "of {text}");
        let (document, label) = place.document();
        assert_eq!(document[label], place.source[place.label.clone()]);
        assert_eq!(document.lines().count(), place.line);
        assert!(!format!("{error}{error:?}").contains("hunter2"), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the password is and however the file is broken.
    #[test]
    fn no_password_is_printed(
        password in "[ -~]{3,12}Zq~[ -~é\n]{3,12}",
        shape in prop::sample::select(vec![
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:PW@h/d'\n",
            "[stores.dev]\ntype = 'postgres'\nconfig = { connection_string = \"postgres://u:PW@h/d\" }\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = 'postgres://u:PW@${NOPE}/d'\n",
            "[stores.dev]\ntype = 'postgres'\nconection_string = 'host=h password=PW'\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_params = { password = 'PW', pin = \"PW\" }\n",
            "[stores.dev]\ntype = 'postgres'\n[stores.dev.connection_params]\npassword = PW\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = postgres://u:PW@h/d\n",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = '''\nhost=h\npassword=PW\n'''\nx = 1",
            "[stores.dev]\ntype = 'postgres'\nconnection_string = \"\"\"\nhost=h\npassword=PW\n\"\"\"\nx = 1",
            "[stores.dev]\ntype = 'x.Y'\ntoken = 'PW'\n[ext.a]\nkey = 'PW'\n",
            "[stores.dev]\ntype = 'duckdb'\nducklake = { secret = 'PW' }\nhash_algorithm = 5 # PW",
            "project = 'p' # PW\nstorre = 1 # PW",
        ]),
    ) {
        let text = shape.replace("PW", &password);
        let (_directory, config) = discover(&[("metaxy.toml", &text)], &[], "");
        let printed = match &config {
            Ok(config) => format!("{config:?} {:?}", config.store(None)),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!printed.contains("Zq~"), "{printed}\nof {text}");
    }
}
