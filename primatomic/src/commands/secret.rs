//! Reading what must not show: keys and passwords, from the terminal or from standard input.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::failure::Failure;

/// Reads one line from standard input, without its end; on a terminal it is asked for and does not
/// show.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let terminal = stdin.is_terminal();
    if terminal {
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{question}: ");
        let _ = stderr.flush();
    }
    // A terminal that can't hide what is typed is used as it is.
    let settings = terminal.then(|| tcgetattr(&stdin).ok()).flatten();
    if let Some(settings) = &settings {
        let mut hidden = settings.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&stdin, OptionalActions::Now, &hidden);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(settings) = &settings {
        let _ = tcsetattr(&stdin, OptionalActions::Now, settings);
        let _ = writeln!(std::io::stderr());
    }
    read.map_err(|error| Failure::Other(format!("can't read standard input: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads a password.
pub(crate) fn ask_password(question: &str) -> Result<String, Failure> {
    let password = ask(question)?;
    if password.is_empty() {
        return Err(Failure::Usage("no password was given".to_owned()));
    }
    Ok(password)
}
