//! Where the server is and which key opens it: flags, then the environment, then a profile.
//!
//! Profiles lie in `config.toml` in the user's configuration directory. The file holds API keys,
//! so it is written with mode 600.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use primatomic_client::Client;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The server that is asked when nothing says otherwise.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The profile that is used when none is named.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// Which server to ask, as whom, and how to answer.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionOptions {
    /// Address of the server [default: the profile's, else http://127.0.0.1:8080]
    #[arg(long, global = true, env = "PRIMATOMIC_URL", value_name = "URL")]
    pub url: Option<String>,
    /// API key or access token; other users of this machine can see flags, so prefer the
    /// environment, --api-key-file or a profile
    #[arg(
        long,
        global = true,
        env = "PRIMATOMIC_API_KEY",
        hide_env_values = true,
        value_name = "KEY",
        conflicts_with = "api_key_file"
    )]
    pub api_key: Option<Secret>,
    /// File that holds the API key, such as ./data/dev-key
    #[arg(
        long,
        global = true,
        env = "PRIMATOMIC_API_KEY_FILE",
        value_name = "FILE"
    )]
    pub api_key_file: Option<PathBuf>,
    /// Profile of the configuration file [default: the one chosen with `primatomic profile use`]
    #[arg(long, global = true, env = "PRIMATOMIC_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
    /// Print results and errors as JSON
    #[arg(id = "json", long = "json", global = true)]
    _json: bool,
}

/// A text that never shows in debug output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// One server and the key that opens it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<Secret>,
}

/// The configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    /// The profile to use when none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Where the file lies: `PRIMATOMIC_CONFIG`, else the user's configuration directory.
    pub(crate) fn path() -> Result<PathBuf, Failure> {
        if let Some(path) = std::env::var_os("PRIMATOMIC_CONFIG").filter(|path| !path.is_empty()) {
            return Ok(path.into());
        }
        let directories =
            directories::ProjectDirs::from("", "", "primatomic").ok_or_else(|| {
                Failure::Other(
                    "no home directory is known; set HOME or PRIMATOMIC_CONFIG to a file"
                        .to_owned(),
                )
            })?;
        Ok(directories.config_dir().join("config.toml"))
    }

    /// Reads the file; one that does not exist is empty.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Failure::file("read", path, error)),
        };
        toml::from_str(&text).map_err(|error| {
            // The parser's own text would quote the line, which may hold a key.
            let reason = error.message();
            Failure::Other(format!("can't read {}: {reason}", path.display()))
        })
    }

    /// Replaces the file; a crash leaves the old one or the new one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self).map_err(Failure::other)?;
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)
                .map_err(|error| Failure::file("create", directory, error))?;
        }
        write_private(path, text.as_bytes()).map_err(|error| Failure::file("write", path, error))
    }

    /// The name of the profile that is used: the one asked for, else the current one.
    pub(crate) fn chosen<'a>(&'a self, asked: Option<&'a str>) -> &'a str {
        asked.or(self.current.as_deref()).unwrap_or(DEFAULT_PROFILE)
    }
}

/// Reads an API key from a file that holds nothing else.
pub(crate) fn read_key(path: &Path) -> Result<Secret, Failure> {
    std::fs::read_to_string(path)
        .map(|text| Secret::new(&text))
        .map_err(|error| Failure::file("read", path, error))
}

/// Replaces a file by one that only its owner can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // The error itself says what is wrong; a leftover would only be confusing.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// A server and the key, once everything that may name them was looked at.
#[derive(Debug)]
struct Connection {
    url: String,
    api_key: Option<Secret>,
}

impl ConnectionOptions {
    /// Decides where to connect: flags win over the environment, which wins over the profile.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        // The file is not touched when it has nothing to add, so that a broken one is in nobody's
        // way who gives everything as flags.
        let key_given = self.api_key.is_some() || self.api_key_file.is_some();
        let complete = self.url.is_some() && key_given && self.profile.is_none();
        let profiles = if complete {
            Profiles::default()
        } else {
            Profiles::read(&Profiles::path()?)?
        };
        let Connection { url, api_key } = self.resolve_with(&profiles)?;
        Ok(Client::new(&url, api_key.as_ref().map(Secret::expose))?)
    }

    fn resolve_with(&self, profiles: &Profiles) -> Result<Connection, Failure> {
        let name = profiles.chosen(self.profile.as_deref());
        let profile = match profiles.profiles.get(name) {
            Some(profile) => profile.clone(),
            None if self.profile.is_some() => {
                return Err(Failure::Usage(format!(
                    "there is no profile {name}; `primatomic profile set {name} --url URL` makes one"
                )));
            }
            None => Profile::default(),
        };
        let api_key = match (&self.api_key, &self.api_key_file) {
            (Some(key), _) => Some(key.clone()),
            (None, Some(path)) => Some(read_key(path)?),
            (None, None) => profile.api_key,
        };
        let url = self.url.clone().or(profile.url);
        Ok(Connection {
            url: url.unwrap_or_else(|| DEFAULT_URL.to_owned()),
            api_key: api_key.filter(|key| !key.expose().is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn options() -> ConnectionOptions {
        ConnectionOptions {
            url: None,
            api_key: None,
            api_key_file: None,
            profile: None,
            _json: false,
        }
    }

    fn profiles() -> Profiles {
        let profile = |url: &str, key: &str| Profile {
            url: Some(url.to_owned()),
            api_key: Some(Secret::new(key)),
        };
        Profiles {
            current: Some("work".to_owned()),
            profiles: BTreeMap::from([
                ("work".to_owned(), profile("https://work", "work-key")),
                ("home".to_owned(), profile("https://home", "home-key")),
            ]),
        }
    }

    #[test]
    fn flags_win_over_the_profile_and_the_named_profile_over_the_current_one() {
        let resolved = options().resolve_with(&profiles()).unwrap();
        assert_eq!(resolved.url, "https://work");
        let mut named = options();
        named.profile = Some("home".to_owned());
        named.url = Some("https://flag".to_owned());
        let resolved = named.resolve_with(&profiles()).unwrap();
        assert_eq!(resolved.url, "https://flag");
        assert_eq!(resolved.api_key.unwrap().expose(), "home-key");
        named.profile = Some("none".to_owned());
        assert_eq!(named.resolve_with(&profiles()).unwrap_err().exit_code(), 2);
        let resolved = options().resolve_with(&Profiles::default()).unwrap();
        assert_eq!(
            (resolved.url.as_str(), resolved.api_key),
            (DEFAULT_URL, None)
        );
    }

    #[test]
    fn the_file_survives_a_round_trip_and_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/config.toml");
        assert_eq!(Profiles::read(&path).unwrap(), Profiles::default());
        profiles().write(&path).unwrap();
        assert_eq!(Profiles::read(&path).unwrap(), profiles());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_file_is_named_without_quoting_keys() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        std::fs::write(&path, "[profiles.a]\napi_key = \"secret-text\" oops\n").unwrap();
        let text = Profiles::read(&path).unwrap_err().to_string();
        assert!(text.contains("config.toml"), "{text}");
        assert!(!text.contains("secret-text"), "{text}");
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", profiles()).contains("work-key"));
    }
}
