//! MySQL: a server of its own on a socket, without any durability, of packages that are unpacked and not installed:
//! Debian's stable releases have none, and MariaDB's may be installed beside it.

use super::Kind;
use crate::{
    Result,
    programs::{in_path, run},
    target_directory,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(super) const KIND: Kind = Kind {
    name: "MySQL",
    variable: "METAXY_TEST_MYSQL_URL",
    programs: unpacked,
    // What is in target/ another user may not reach.
    user: "root",
    is_needed: false,
    keeper: include_str!("mysql.sh"),
};

/// The release of Debian that has it, for all that it needs: the C library too.
const SOURCE: &str = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n";

/// What its scripts need, and the server does not.
const SPARED: &str = "Package: perl\nStatus: install ok installed\nVersion: 9\nArchitecture: all\n\
    Multi-Arch: allowed\nMaintainer: none\nDescription: none\n";

/// The directory with the server and its libraries: 175 MB, of which 48 MB are fetched where it is not there yet.
fn unpacked() -> Result<PathBuf> {
    let directory = target_directory().join("mysql");
    let root = directory.join("root");
    if root.is_dir() {
        return Ok(root);
    }
    if in_path(&["apt-get", "dpkg-deb", "tar"]).is_none() {
        return Err("it comes in packages of Debian, and this system has none".into());
    }
    eprintln!("xtask: fetching MySQL, 48 MB and the list of packages,, from Debian sid");
    let apt = directory.join("apt");
    let fetched = fetch(&apt).and_then(|packages| unpack(&packages, &directory.join("part")));
    // What was fetched is not needed any more, and half of it is of no use.
    _ = fs::remove_dir_all(&apt);
    fetched?;
    fs::rename(directory.join("part"), &root)?;
    Ok(root)
}

/// The packages, whose signatures apt checks, in a directory. What is installed counts for nothing.
fn fetch(apt: &Path) -> Result<PathBuf> {
    let packages = apt.join("cache/archives");
    fs::create_dir_all(packages.join("partial"))?;
    fs::create_dir_all(apt.join("state/lists/partial"))?;
    fs::write(apt.join("sources.list"), SOURCE)?;
    fs::write(apt.join("state/status"), SPARED)?;
    let path = apt.to_str().ok_or("the directory of what is built is not in UTF-8")?;
    let options = [
        format!("Dir::Etc::sourcelist={path}/sources.list"),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        format!("Dir::State={path}/state"),
        format!("Dir::State::status={path}/state/status"),
        format!("Dir::Cache={path}/cache"),
        "Debug::NoLocking=true".to_owned(),
        "APT::Sandbox::User=root".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "Acquire::Retries=2".to_owned(),
        "Acquire::http::Timeout=30".to_owned(),
    ];
    let install =
        ["install", "--yes", "--download-only", "--no-install-recommends", "mysql-server-core"];
    for task in [&["update", "--error-on=any"][..], &install] {
        let options = options.iter().flat_map(|it| ["-o", it.as_str()]);
        run(Command::new("apt-get").arg("-qq").args(options).args(task))?;
    }
    Ok(packages)
}

/// What the server needs of the packages.
fn unpack(packages: &Path, root: &Path) -> Result<()> {
    _ = fs::remove_dir_all(root);
    fs::create_dir_all(root)?;
    let script = "for package in \"$1\"/*.deb; do dpkg-deb --fsys-tarfile \"$package\" |
        tar -x --no-same-owner -C \"$2\" --exclude='./usr/bin' --exclude='./usr/share/[!m]*' --exclude='./usr/share/man'; done";
    run(Command::new("sh").args(["-euc", script, "unpack"]).args([packages, root]))
}
