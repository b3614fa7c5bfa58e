//! The example: the same features on two databases, with the migrations that are committed.

#[path = "../../../metaxy-diesel/tests/support/mod.rs"]
mod support;

use metaxy_diesel::Backend;
use std::process::Command;
use support::TestDatabase;

#[test]
fn both_stores_have_the_migrations_of_the_code() {
    let (dev, prod) = (TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Postgres));
    let run = |args: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_stores"))
            .args(args.split(' '))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("STORES_DEV", dev.url.expose())
            .env("DATABASE_URL", prod.url.expose())
            .output()
            .expect("it starts");
        let text =
            [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        assert!(output.status.success(), "{args}: {}", text.concat());
        text.concat()
    };
    for store in ["dev", "prod"] {
        run(&format!("-n {store} migration check"));
        let said = run(&format!("-n {store} migration run"));
        assert!(said.contains(&format!("{store}:features: applied ")), "{said}");
        let said = run(&format!("-n {store} migration diff"));
        assert_eq!(said.matches("the database is what its migrations made").count(), 2, "{said}");
    }
    let said = run("metadata copy --from prod --to dev");
    assert_eq!(said, "document: 0 rows copied\n");
}
