//! `login`: checks an API key, or an address and its password, and keeps what opens the server in
//! a profile.

use clap::Args;
use primatomic_client::{Client, ErrorAnswer};
use serde_json::{Value, json};

use crate::commands::json::text;
use crate::commands::{profile, secret};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::{ConnectionOptions, DEFAULT_URL, Profiles, Secret, read_key};

#[derive(Args, Debug)]
#[command(after_help = "\
The key is asked for, or read from standard input, unless a flag or the environment gives one. With
--email the password is asked for instead, and the profile gets a token that works for a while. Some
things a person alone may do, such as inviting others.

Examples:
  primatomic login --url https://primatomic.example
  primatomic login --profile local --api-key-file data/dev-key
  primatomic login --profile me --email ada@example.org --tenant acme")]
pub(crate) struct LoginArguments {
    /// Log in as a person instead of with an API key
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Short name of the tenant, for members of several
    #[arg(long, value_name = "NAME", requires = "email")]
    tenant: Option<String>,
    /// Code of the second factor, or a recovery code; asked for where one is needed
    #[arg(long, requires = "email")]
    code: Option<String>,
}

pub(crate) async fn run(
    arguments: LoginArguments,
    options: &ConnectionOptions,
    output: Output,
) -> Result<(), Failure> {
    let path = Profiles::path()?;
    let mut profiles = Profiles::read(&path)?;
    let name = profiles.chosen(options.profile.as_deref()).to_owned();
    let saved = profiles.profiles.get(&name).and_then(|it| it.url.clone());
    let url = options.url.clone().or(saved);
    let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
    let api_key = match &arguments.email {
        Some(email) => token(&url, email, &arguments).await?,
        None => key(options, &url)?,
    };
    let client = Client::new(&url, Some(api_key.expose()))?;
    let tenant: Value = client.json(&client.get(&["tenants", "me"])).await?;
    profile::set(&mut profiles, &name, Some(url), Some(api_key))?;
    profiles.current.get_or_insert_with(|| name.clone());
    profiles.write(&path)?;
    output.value(&tenant, |tenant| {
        format!(
            "Logged in to {} as tenant {}; saved as profile {name} in {}.",
            client.base(),
            text(tenant, "short_name"),
            path.display()
        )
    })
}

fn key(options: &ConnectionOptions, url: &str) -> Result<Secret, Failure> {
    let key = match (&options.api_key, &options.api_key_file) {
        (Some(key), _) => key.clone(),
        (None, Some(file)) => read_key(file)?,
        (None, None) => Secret::new(&secret::ask(&format!("API key for {url}"))?),
    };
    if key.expose().is_empty() {
        return Err(Failure::Usage(
            "no key was given; `primatomic dev` writes one to data/dev-key".to_owned(),
        ));
    }
    Ok(key)
}

/// A token for a person, in the tenant that is named or the only one.
async fn token(url: &str, email: &str, arguments: &LoginArguments) -> Result<Secret, Failure> {
    let password = secret::ask_password(&format!("Password of {email}"))?;
    let client = Client::new(url, None)?;
    let log_in = async |tenant_id: Option<&str>, code: &Option<String>| -> Result<Value, Failure> {
        let body = json!({
            "email": email, "password": password, "tenant_id": tenant_id, "code": code
        });
        let call = client.post(&["auth", "login"]).json_body(&body)?;
        Ok(client.json(&call).await?)
    };
    let mut code = arguments.code.clone();
    let mut answer = match log_in(None, &code).await {
        Err(Failure::Answer(refused)) if is_code_needed(&refused) => {
            code = Some(secret::ask("Code of the second factor")?);
            log_in(None, &code).await?
        }
        answer => answer?,
    };
    let tenants = answer["tenants"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = tenants.iter().map(|it| text(it, "short_name")).collect();
    if let Some(wanted) = arguments.tenant.as_deref() {
        let found = tenants.iter().find(|it| text(it, "short_name") == wanted);
        let Some(found) = found else {
            return Err(Failure::Usage(format!(
                "{email} is no member of {wanted}, but of {}",
                names.join(", ")
            )));
        };
        if tenants.len() > 1 {
            answer = log_in(Some(text(found, "tenant_id")), &code).await?;
        }
    }
    let token = text(&answer, "access_token");
    if token.is_empty() {
        return Err(Failure::Usage(format!(
            "{email} is a member of several tenants; name one with --tenant: {}",
            names.join(", ")
        )));
    }
    Ok(Secret::new(token))
}

fn is_code_needed(refused: &ErrorAnswer) -> bool {
    refused.code.as_deref() == Some("second_factor_required")
}
