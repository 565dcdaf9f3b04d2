//! What `dev` prints once it serves: the address, the link to the console, the key, and three commands to copy.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::failure::Failure;
use crate::server::lock::DataDirectory;

/// The log that the first start creates.
pub(crate) const DEMO_LOG: &str = "demo";

/// Writes the example component that the second command deploys. It is written on every start, so
/// that it is always one that this server's version takes.
pub(crate) fn write_examples(data: &DataDirectory) -> Result<(), Failure> {
    let directory = data.join("examples");
    std::fs::create_dir_all(&directory)
        .map_err(|error| Failure::file("create", &directory, error))?;
    let path = directory.join("counter.wasm");
    std::fs::write(&path, example_views::counter())
        .map_err(|error| Failure::file("write", &path, error))
}

/// The address that clients on this machine use.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// The text; the three commands work in any shell whose directory is the server's.
pub(crate) fn text(url: &str, login: &str, data: &Path, stripe: Option<&str>) -> String {
    let key = quoted(&data.join("dev-key"));
    let component = quoted(&data.join("examples").join("counter.wasm"));
    let data = data.display();
    let stripe = stripe.map_or_else(String::new, |stripe| {
        format!(
            "\n  Stripe   {stripe} (a stand-in, no money moves; `primatomic billing checkout` subscribes)"
        )
    });
    let authorization = format!("-H \"Authorization: Bearer $(cat {key})\"");
    format!(
        "\
Primatomic is listening on {url}

  console  {login}
           (opens it as the owner of the tenant dev, once; later, {url} is enough)
  data     {data}
  API key  {data}/dev-key (owner of the tenant dev)
  docs     {url}/docs{stripe}

Try it: in another terminal, in this directory, append an event to the log {DEMO_LOG}, deploy the
counter as a view of it, and ask the view.

  curl -sSw '\\n' {url}/logs/{DEMO_LOG}/append {authorization} -d '{{\"inc\":10}}'
  curl -sSw '\\n' {url}/logs/{DEMO_LOG}/views/counter {authorization} --data-binary @{component}
  curl -sSw '\\n' -X POST {url}/logs/{DEMO_LOG}/views/counter/query {authorization}

Stop with Ctrl-C."
    )
}

/// A path as a word of the shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_means_all_of_them_is_printed_as_one_to_connect_to() {
        let url = |text: &str| local_url(text.parse().unwrap());
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("10.1.2.3:80"), "http://10.1.2.3:80");
    }

    #[test]
    fn paths_with_blanks_and_quotes_stay_one_word() {
        assert_eq!(quoted(Path::new("data/dev-key")), "data/dev-key");
        assert_eq!(quoted(Path::new("my data/k")), "'my data/k'");
        assert_eq!(quoted(Path::new("it's/k")), r"'it'\''s/k'");
    }
}
