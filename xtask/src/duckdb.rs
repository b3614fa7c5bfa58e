//! A prebuilt libduckdb for the tests, since building DuckDB takes the better part of an hour.

use crate::{Result, programs::run, target_directory};
use sha2::{Digest, Sha256};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The library, as the bindings for Node have it.
struct Prebuilt {
    /// The package of the npm registry.
    package: &'static str,
    version: &'static str,
    /// Of its tarball.
    sha256: &'static str,
    /// The file within it that is wanted.
    library: &'static str,
}

/// DuckDB 1.5.6, which the `duckdb` crate of the workspace is for.
const LINUX_X64: Prebuilt = Prebuilt {
    package: "@duckdb/node-bindings-linux-x64",
    version: "1.5.6-r.1",
    sha256: "1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff",
    library: "libduckdb.so",
};

/// The variables with which cargo links libduckdb, and programs find it: `DUCKDB_LIB_DIR` as it is, or a library that
/// is fetched where it is not there yet.
pub fn variables() -> Result<Vec<(&'static str, String)>> {
    let directory = match own_directory() {
        Some(directory) => directory,
        None => fetched()?,
    };
    let directory =
        directory.to_str().ok_or("the directory of libduckdb is not in UTF-8")?.to_owned();
    let loader = if cfg!(target_os = "macos") { "DYLD_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };
    let path =
        env::var(loader).map_or_else(|_| directory.clone(), |path| format!("{directory}:{path}"));
    Ok(vec![("DUCKDB_LIB_DIR", directory), (loader, path)])
}

/// The directory that the user names. `.cargo/config.toml` sets the variable too, to where [`fetched`] puts it.
fn own_directory() -> Option<PathBuf> {
    let directory = PathBuf::from(env::var_os("DUCKDB_LIB_DIR")?);
    (directory != target_directory().join("duckdb")).then_some(directory)
}

fn fetched() -> Result<PathBuf> {
    let directory = target_directory().join("duckdb");
    let prebuilt = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => &LINUX_X64,
        (os, arch) => return Err(missing(&format!("no prebuilt one is known for {os} on {arch}"))),
    };
    let version = directory.join("version");
    if fs::read_to_string(&version).is_ok_and(|known| known == prebuilt.version) {
        return Ok(directory);
    }
    fs::create_dir_all(&directory)?;
    fetch(prebuilt, &directory).map_err(|error| missing(&error.to_string()))?;
    fs::write(version, prebuilt.version)?;
    Ok(directory)
}

fn fetch(prebuilt: &Prebuilt, directory: &Path) -> Result<()> {
    let Prebuilt { package, version, library, .. } = prebuilt;
    eprintln!("xtask: fetching libduckdb, 24 MB, from {package}@{version}");
    let tarball = directory.join("package.tgz");
    download(prebuilt, directory, &tarball)?;
    let found: String =
        Sha256::digest(fs::read(&tarball)?).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != prebuilt.sha256 {
        fs::remove_file(&tarball)?;
        return Err(format!(
            "{package}@{version} has the SHA-256 {found}, not {}",
            prebuilt.sha256
        )
        .into());
    }
    let member = format!("package/{library}");
    run(Command::new("tar")
        .arg("-xzf")
        .arg(&tarball)
        .arg("-C")
        .arg(directory)
        .args(["--strip-components=1", &member]))?;
    Ok(fs::remove_file(&tarball)?)
}

/// By npm, which knows about mirrors, or else by curl.
fn download(prebuilt: &Prebuilt, directory: &Path, tarball: &Path) -> Result<()> {
    let Prebuilt { package, version, .. } = prebuilt;
    let spec = format!("{package}@{version}");
    let name = package.rsplit('/').next().unwrap_or(package);
    let by_npm = run(Command::new("npm")
        .args(["pack", "--silent", &spec, "--pack-destination"])
        .arg(directory));
    if by_npm.is_ok() {
        let packed = format!("{}-{version}.tgz", package.trim_start_matches('@').replace('/', "-"));
        return Ok(fs::rename(directory.join(packed), tarball)?);
    }
    let url = format!("https://registry.npmjs.org/{package}/-/{name}-{version}.tgz");
    run(Command::new("curl")
        .args(["--fail", "--silent", "--show-error", "--location", "--output"])
        .arg(tarball)
        .arg(url))
}

fn missing(why: &str) -> Box<dyn std::error::Error> {
    format!(
        "the tests need libduckdb 1.5, and {why}. Either set DUCKDB_LIB_DIR to a directory that has it; or put it where \
         the linker and the loader look, and set DUCKDB_LIB_DIR to that directory; or have DuckDB built from source, with \
         the feature `bundled` of the duckdb crate (a C++ compiler, 3 GB of memory, and most of an hour)"
    )
    .into()
}
