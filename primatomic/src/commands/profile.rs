//! `profile`: the servers and keys of the configuration file.

use std::path::PathBuf;

use clap::Subcommand;
use primatomic_client::Client;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{JsonOption, Output, table};
use crate::profile::{DEFAULT_URL, Profile, Profiles, Secret, read_key};

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Make or change a profile
    #[command(after_help = "\
Example:
  primatomic profile set local --url http://127.0.0.1:8080 --api-key-file data/dev-key")]
    Set {
        name: String,
        /// Address of the server
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// API key; prefer --api-key-file or `primatomic login`, which others can't see
        #[arg(long, value_name = "KEY", conflicts_with = "api_key_file")]
        api_key: Option<Secret>,
        /// File that holds the API key
        #[arg(long, value_name = "FILE")]
        api_key_file: Option<PathBuf>,
    },
    /// List the profiles; keys are not shown
    List(JsonOption),
    /// Choose the profile that commands use when none is named
    Use { name: String },
    /// Remove a profile
    Remove { name: String },
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    url: &'a str,
    has_key: bool,
    current: bool,
}

pub(crate) fn run(command: ProfileCommand, output: Output) -> Result<(), Failure> {
    let path = Profiles::path()?;
    let mut profiles = Profiles::read(&path)?;
    match command {
        ProfileCommand::Set {
            name,
            url,
            api_key,
            api_key_file,
        } => {
            let api_key = match api_key_file {
                Some(file) => Some(read_key(&file)?),
                None => api_key,
            };
            set(&mut profiles, &name, url, api_key)?;
            profiles.write(&path)?;
            output.note(format!("Saved profile {name} in {}.", path.display()));
        }
        ProfileCommand::List(_) => list(&profiles, output)?,
        ProfileCommand::Use { name } => {
            known(&profiles, &name)?;
            output.note(format!("Commands use profile {name} from now on."));
            profiles.current = Some(name);
            profiles.write(&path)?;
        }
        ProfileCommand::Remove { name } => {
            known(&profiles, &name)?;
            profiles.profiles.remove(&name);
            if profiles.current.as_deref() == Some(&name) {
                profiles.current = None;
            }
            profiles.write(&path)?;
            output.note(format!("Removed profile {name}."));
        }
    }
    Ok(())
}

/// Sets what is given and leaves the rest of the profile as it is.
pub(crate) fn set(
    profiles: &mut Profiles,
    name: &str,
    url: Option<String>,
    api_key: Option<Secret>,
) -> Result<(), Failure> {
    let profile: &mut Profile = profiles.profiles.entry(name.to_owned()).or_default();
    profile.url = url.or(profile.url.take());
    profile.api_key = api_key.or(profile.api_key.take());
    // A profile that no command could use is refused before it is saved.
    let url = profile.url.as_deref().unwrap_or(DEFAULT_URL);
    Client::new(url, profile.api_key.as_ref().map(Secret::expose))?;
    Ok(())
}

fn known(profiles: &Profiles, name: &str) -> Result<(), Failure> {
    if profiles.profiles.contains_key(name) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "there is no profile {name}; `primatomic profile list` shows those there are"
    )))
}

fn list(profiles: &Profiles, output: Output) -> Result<(), Failure> {
    let current = profiles.chosen(None);
    let rows: Vec<_> = profiles
        .profiles
        .iter()
        .map(|(name, profile)| Row {
            name,
            url: profile.url.as_deref().unwrap_or(DEFAULT_URL),
            has_key: profile.api_key.is_some(),
            current: name == current,
        })
        .collect();
    output.value(&rows, |rows| {
        let yes = |flag: bool| if flag { "yes" } else { "" }.to_owned();
        let cells = |row: &Row<'_>| {
            let (name, url) = (row.name.to_owned(), row.url.to_owned());
            [name, url, yes(row.has_key), yes(row.current)]
        };
        let cells: Vec<_> = rows.iter().map(cells).collect();
        table(["NAME", "URL", "KEY", "CURRENT"], &cells)
    })
}
