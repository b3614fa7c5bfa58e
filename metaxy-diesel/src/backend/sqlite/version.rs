//! The version of SQLite that is linked.

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, SqliteConnection, dsl::sql_query, sql_types::Text,
};

/// Says in words that it is older than this one, which something needs.
pub(super) fn lacks(
    connection: &mut SqliteConnection,
    wanted: [u32; 2],
    what: &str,
) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let query = sql_query("SELECT sqlite_version() AS version");
    let Version { version } = query.get_result(connection)?;
    Ok(is_older(&version, wanted).then(|| {
        let [major, minor] = wanted;
        format!(
            "this is SQLite {version}, and {what} want {major}.{minor} or later: build with the one that metaxy brings, \
             or link a newer one"
        )
    }))
}

fn is_older(version: &str, wanted: [u32; 2]) -> bool {
    let mut parts = version.split('.').map(|it| it.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    [part(), part()] < wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        for (version, wanted, expected) in [
            ("3.9.2", [3, 37], true),
            ("3.37.0", [3, 37], false),
            ("3.51.0", [3, 44], false),
            ("3.43.2", [3, 44], true),
            ("4.0", [3, 44], false),
        ] {
            assert_eq!(is_older(version, wanted), expected, "{version}");
        }
    }
}
