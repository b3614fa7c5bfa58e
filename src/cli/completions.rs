//! `metaxy completions`.

use super::{Cli, Context, Failure, Outcome};
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints a script with which a shell completes commands and flags
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The script is for a binary with `metaxy::main!()` that is in PATH; `--name` is
what it is called there.

Examples:
  metaxy completions bash > ~/.local/share/bash-completion/completions/metaxy
  metaxy completions zsh --name shop > ~/.zfunc/_shop
  metaxy completions fish > ~/.config/fish/completions/metaxy.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    /// The program's name
    #[arg(long, value_name = "NAME", default_value = "metaxy")]
    name: String,
}

impl Completions {
    pub fn run(self, context: &mut Context<'_>) -> Result<Outcome, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), self.name, &mut script);
        context.out.write_all(&script)?;
        Ok(Outcome::Fine)
    }
}
