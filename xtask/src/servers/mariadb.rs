//! MariaDB: a server of its own on a socket, without any durability.

use super::Kind;
use crate::Result;
use crate::programs::{has, in_path, install};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

pub(super) const KIND: Kind = Kind {
    name: "MariaDB",
    variable: "METAXY_TEST_MARIADB_URL",
    programs,
    user: "mysql",
    is_needed: true,
    keeper: include_str!("mariadb.sh"),
};

const PROGRAMS: &[&str] = &["mariadbd"];

/// The directory of the server. The client library, which the tests are built with, is installed with it.
fn programs() -> Result<PathBuf> {
    if !has_client_library() {
        install("libmariadb-dev")?;
        install("pkg-config")?;
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    install("mariadb-server")?;
    find().ok_or_else(|| "the package mariadb-server brought no mariadbd".into())
}

/// In PATH, else where Debian puts it, which is in root's PATH only.
fn find() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/sbin");
    in_path(PROGRAMS).or_else(|| has(&debian, PROGRAMS).then_some(debian))
}

/// By pkg-config, as the build looks for it.
fn has_client_library() -> bool {
    ["libmariadb", "mysqlclient"].iter().any(|library| {
        let mut command = Command::new("pkg-config");
        command.args(["--exists", library]).stderr(Stdio::null());
        command.status().is_ok_and(|it| it.success())
    })
}
