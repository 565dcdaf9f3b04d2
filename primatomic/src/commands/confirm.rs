//! Asking before something is done that can't be taken back.

use std::io::{IsTerminal as _, Write as _};

use clap::Args;

use crate::failure::Failure;

/// `--yes`.
#[derive(Args, Debug)]
pub(crate) struct Confirmation {
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

impl Confirmation {
    /// Asks unless `--yes` was given.
    pub(crate) fn ask(&self, question: &str) -> Result<(), Failure> {
        if self.yes { Ok(()) } else { confirm(question) }
    }
}

/// Asks a person on the terminal; a script must pass `--yes`.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "nobody can be asked here; pass --yes to confirm".to_owned(),
        ));
    }
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(Failure::other)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::Other("nothing was done".to_owned()))
    }
}
