//! `login`: checks an API key with the server and keeps both in a profile.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde_json::Value;

use crate::commands::{log, profile};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::{Connection, ConnectionOptions, DEFAULT_URL, Profiles, Secret, read_key};

#[derive(Args, Debug)]
#[command(after_help = "\
The key is asked for, or read from standard input, unless a flag or the environment gives one.

Examples:
  primatomic login --url https://primatomic.example
  primatomic login --profile local --api-key-file data/dev-key")]
pub(crate) struct LoginArguments {}

pub(crate) async fn run(
    _: LoginArguments,
    options: &ConnectionOptions,
    output: Output,
) -> Result<(), Failure> {
    let path = Profiles::path()?;
    let mut profiles = Profiles::read(&path)?;
    let name = profiles.chosen(options.profile.as_deref()).to_owned();
    let saved = profiles.profiles.get(&name).and_then(|it| it.url.clone());
    let url = options.url.clone().or(saved);
    let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
    let api_key = match (&options.api_key, &options.api_key_file) {
        (Some(key), _) => key.clone(),
        (None, Some(file)) => read_key(file)?,
        (None, None) => ask(&url)?,
    };
    let client = Connection {
        url: url.clone(),
        api_key: Some(api_key.clone()),
    }
    .client()?;
    let tenant: Value = client.json(&client.get(&["tenants", "me"])).await?;
    profile::set(&mut profiles, &name, Some(url), Some(api_key))?;
    profiles.current.get_or_insert_with(|| name.clone());
    profiles.write(&path)?;
    output.value(&tenant, |tenant| {
        format!(
            "Logged in to {} as tenant {}; saved as profile {name} in {}.",
            client.base(),
            log::text(tenant, "short_name"),
            path.display()
        )
    })
}

/// Reads the key from standard input; on a terminal it is asked for and does not show.
fn ask(url: &str) -> Result<Secret, Failure> {
    let stdin = std::io::stdin();
    let terminal = stdin.is_terminal();
    if terminal {
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "API key for {url}: ");
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
    read.map_err(|error| Failure::Other(format!("can't read the key: {error}")))?;
    let key = Secret::new(&line);
    if key.expose().is_empty() {
        return Err(Failure::Usage(
            "no key was given; `primatomic dev` writes one to data/dev-key".to_owned(),
        ));
    }
    Ok(key)
}
