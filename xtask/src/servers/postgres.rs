//! PostgreSQL: a cluster of its own on a socket, without any durability.

use super::Kind;
use crate::Result;
use crate::programs::{has, in_path, install};
use std::{fs, path::PathBuf};

pub(super) const KIND: Kind = Kind {
    name: "PostgreSQL",
    variable: "METAXY_TEST_POSTGRES_URL",
    programs,
    user: "postgres",
    is_needed: true,
    keeper: include_str!("postgres.sh"),
};

const PROGRAMS: &[&str] = &["initdb", "postgres"];

fn programs() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    install("postgresql")?;
    find().ok_or_else(|| "the package postgresql brought no server".into())
}

/// In PATH, else where Debian puts the servers, the newest first.
fn find() -> Option<PathBuf> {
    in_path(PROGRAMS).or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
        let bin = |version: u32| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
        versions
            .filter_map(|version| version.ok()?.file_name().to_str()?.parse().ok())
            .filter(|&version| has(&bin(version), PROGRAMS))
            .max()
            .map(bin)
    })
}
