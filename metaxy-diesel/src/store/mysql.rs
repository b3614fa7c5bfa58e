use super::{
    StoreError,
    url::{other_url, parameters, said_by},
};
use crate::backend::Backend;
use metaxy_core::config::{Secret, StoreConfig};
use url::Url;

/// The URL of a store on MySQL or MariaDB, with what `connection_params` say besides.
pub(super) fn mysql_url(
    store: &str,
    backend: Backend,
    config: &StoreConfig,
) -> Result<Secret, StoreError> {
    let mut parameters = parameters(store, &config.connection_params, |name, value| match name {
        // What other databases call a schema is a database here.
        "schema" => ("dbname", value),
        name => (name, value),
    })?;
    let text = match (&config.connection_string, &config.database) {
        (Some(url), _) => Some(url),
        (None, Some(database)) if !database.expose().contains('/') => {
            parameters.insert("dbname".to_owned(), database.expose().to_owned());
            None
        }
        (None, database) => database.as_ref(),
    };
    if text.is_none() && parameters.is_empty() {
        return Err(StoreError::NoDatabase { store: store.to_owned() });
    }
    let base = match text {
        None => "mysql://localhost".to_owned(),
        Some(text) => {
            let other = || other_url(store, backend, text);
            let (scheme, rest) = text.expose().split_once("://").ok_or_else(other)?;
            // SQLAlchemy's URLs name a driver too: `mysql+pymysql://`.
            match scheme.split('+').next() {
                Some("mysql") => {}
                Some("mariadb") if backend == Backend::MariaDb => {}
                _ => return Err(other()),
            }
            // `mysql:///database` is on this machine.
            let host = if rest.starts_with('/') { "localhost" } else { "" };
            format!("mysql://{host}{rest}")
        }
    };
    // What is no URL is refused when it is connected to, in words without the URL.
    let Ok(mut url) = Url::parse(&base) else { return Ok(Secret::new(base)) };
    let mut said = said_by(&base);
    if text.is_none() {
        said.retain(|it| it != "host");
    }
    for (name, value) in parameters.into_iter().filter(|(name, _)| !said.contains(name)) {
        let port = value.parse().ok();
        let done = match name.as_str() {
            "user" => url.set_username(&value).is_ok(),
            "password" => url.set_password(Some(&value)).is_ok(),
            "host" => url.set_host(Some(&value)).is_ok(),
            "port" => port.is_some() && url.set_port(port).is_ok(),
            "dbname" => {
                url.set_path(&value);
                true
            }
            _ => {
                url.query_pairs_mut().append_pair(&name, &value);
                true
            }
        };
        if !done {
            let name = format!("connection_params.{name}");
            return Err(StoreError::Parameter { store: store.to_owned(), name });
        }
    }
    Ok(Secret::new(url.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use metaxy_core::config::Settings;
    use serde_json::{Value, json};

    fn check(
        backend: Backend,
        string: Option<&str>,
        database: Option<&str>,
        params: Value,
        expected: Result<&str, &str>,
    ) {
        let Value::Object(params) = params else { panic!("an object") };
        let config = StoreConfig {
            connection_string: string.map(Secret::from),
            database: database.map(Secret::from),
            connection_params: params.into_iter().collect::<Settings>(),
            ..StoreConfig::default()
        };
        let found = mysql_url("dev", backend, &config).map_err(|error| error.to_string());
        let found = found.as_ref().map(|it| it.expose()).map_err(String::as_str);
        assert_eq!(found, expected);
    }

    #[test]
    fn urls_come_from_all_that_the_configuration_says() {
        use Backend::{MariaDb, Mysql};
        let none = || json!({});
        check(Mysql, Some("mysql://ann@db/v"), None, none(), Ok("mysql://ann@db/v"));
        check(Mysql, Some("mysql+pymysql://db/v"), None, none(), Ok("mysql://db/v"));
        check(MariaDb, None, Some("mariadb://db:3307/v"), none(), Ok("mysql://db:3307/v"));
        check(MariaDb, None, Some("v"), none(), Ok("mysql://localhost/v"));
        check(Mysql, Some("mysql:///v"), None, none(), Ok("mysql://localhost/v"));
        check(
            Mysql,
            None,
            None,
            json!({"host": "db", "port": 3307, "user": "ann", "password": "p@ss", "database": "v"}),
            Ok("mysql://ann:p%40ss@db:3307/v"),
        );
        check(
            Mysql,
            Some("mysql://ann@db/v"),
            None,
            json!({"user": "bob", "ssl_mode": "required", "password": "pw"}),
            Ok("mysql://ann:pw@db/v?ssl_mode=required"),
        );
        check(
            Mysql,
            Some("mariadb://ann:pw@db/v"),
            None,
            none(),
            Err("store `dev` has the type `mysql`, and `mariadb://ann:***@db/v` is none of MySQL"),
        );
        check(
            Mysql,
            None,
            None,
            none(),
            Err(
                "store `dev` names no database: add `database`, `connection_string` or `connection_params`",
            ),
        );
    }
}
