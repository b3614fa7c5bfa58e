//! Where there is no libduckdb to link, this says so and what to do: the linker would only when a program is linked, and not
//! what to do.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// The file that is linked, as systems call it.
const LIBRARIES: [&str; 5] =
    ["libduckdb.so", "libduckdb.dylib", "duckdb.lib", "duckdb.dll", "libduckdb_static.a"];

/// What decides which library is linked.
const VARIABLES: [&str; 4] =
    ["DUCKDB_LIB_DIR", "DUCKDB_DOWNLOAD_LIB", "DUCKDB_STATIC", "PKG_CONFIG_PATH"];

fn main() {
    for variable in VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    // It is set where a library is linked that is there, and not where DuckDB is built from source.
    let is_linked = env::var_os("DEP_DUCKDB_LINK_TARGET").is_some();
    // Where only docs are made, nothing is linked.
    if is_linked && env::var_os("DOCS_RS").is_none() {
        for line in
            missing(env::var("DUCKDB_LIB_DIR").ok().as_deref()).iter().flat_map(|it| it.lines())
        {
            println!("cargo::error={line}");
        }
    }
}

/// Why there is nothing to link, and the ways to mend that; `None`: there is, or nobody can tell.
pub fn missing(directory: Option<&str>) -> Option<String> {
    let why = match directory {
        Some(directory) => {
            let none = !LIBRARIES.iter().any(|it| Path::new(directory).join(it).exists());
            none.then(|| {
                format!("the directory {directory}, which DUCKDB_LIB_DIR names, has no libduckdb")
            })
        }
        None => (!is_set("DUCKDB_DOWNLOAD_LIB") && !is_set("DUCKDB_STATIC") && !is_found())
            .then(|| "neither the linker nor pkg-config finds a libduckdb".to_owned()),
    };
    why.map(|why| format!("{why}. {WAYS}"))
}

const WAYS: &str = "\
There are three ways to have one:
1. set DUCKDB_LIB_DIR to a directory that has it (a prebuilt one is on https://duckdb.org/docs/installation, and in the npm \
package @duckdb/node-bindings-linux-x64; in the repository of metaxy, `cargo xtask libduckdb` fetches it)
2. install it where the linker, or pkg-config, finds it
3. have it built from source, which takes most of an hour: `cargo add duckdb@~1.10506 --no-default-features --features bundled`";

fn is_set(variable: &str) -> bool {
    env::var(variable).is_ok_and(|it| !matches!(it.as_str(), "" | "0" | "false"))
}

/// Whether a program that needs the library can be linked. Where that cannot be tried, it is left to whoever links.
fn is_found() -> bool {
    let (host, target, out) = (env::var("HOST"), env::var("TARGET"), env::var("OUT_DIR"));
    let Some(out) = out.ok().filter(|_| host == target) else { return true };
    let source = Path::new(&out).join("probe.c");
    if fs::write(&source, "int main(void) { return 0; }\n").is_err() {
        return true;
    }
    let mut pkg_config = Command::new("pkg-config");
    let mut linker = Command::new("cc");
    linker.arg(&source).args(["-lduckdb", "-o"]);
    linker.arg(Path::new(&out).join("probe"));
    succeeds(pkg_config.args(["--exists", "duckdb"])) == Some(true)
        || succeeds(&mut linker) != Some(false)
}

/// `None`: the program is not there.
fn succeeds(command: &mut Command) -> Option<bool> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().ok().map(|it| it.success())
}
