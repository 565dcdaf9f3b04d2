//! The server under load: started as a child, or running already.

use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use test_servers::cluster::{Member, Node};

use crate::api::Endpoint;

/// A child process that serves a data directory. Dropping it kills the process.
pub(crate) struct Server {
    pub node: Node,
    pub endpoint: Endpoint,
}

impl Server {
    /// Starts `primatomic dev` on a data directory, without a rate limit and with these flags, and
    /// waits until it listens.
    pub(crate) fn start(program: &Path, data: &Path, flags: &[&str]) -> Result<Self> {
        // The process has a working directory of its own.
        let data = data.canonicalize().context("there is no data directory")?;
        let program = program.canonicalize().with_context(|| {
            format!(
                "there is no {}; build it with `cargo build --release -p primatomic` or name it \
                 with --server",
                program.display()
            )
        })?;
        let mut command = Command::new(program);
        command.arg("dev").arg("--data").arg(&data);
        command.args(["--listen", "127.0.0.1:0", "--rate-limit", "0"]);
        let mut node = Node::start(command.args(flags), "server")?;
        let key_path = data.join("dev-key");
        let key = std::fs::read_to_string(&key_path)
            .with_context(|| format!("can't read {}", key_path.display()))?;
        node.data = data;
        Ok(Self {
            endpoint: endpoint_of(&node.url, key.trim())?,
            node,
        })
    }
}

/// Signs a tenant up as a person would, and returns the node's endpoint with a key of that tenant.
pub(crate) fn sign_up(node: &Node, name: &str) -> Result<Endpoint> {
    let register = || Member::register(node, name)?.create_key(node, "bench");
    // The client blocks its thread, which must not be one of the runtime's.
    let made = std::thread::scope(|threads| threads.spawn(register).join());
    let (key, _) = made.map_err(|_| anyhow!("the client panicked"))??;
    endpoint_of(&node.url, &key)
}

/// The endpoint of a server that runs already.
pub(crate) fn endpoint_of(url: &str, key: &str) -> Result<Endpoint> {
    let authority = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .context("the URL must be http://HOST:PORT; the generator does not speak TLS")?;
    let address = authority
        .to_socket_addrs()
        .with_context(|| format!("can't resolve {authority}; the URL must be http://HOST:PORT"))?
        .next()
        .with_context(|| format!("{authority} has no address"))?;
    Ok(Endpoint::new(address, key))
}

/// The server's executable: named, or beside the one of this program.
pub(crate) fn program(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let own = std::env::current_exe().context("can't find the path of this program")?;
    Ok(own.with_file_name("primatomic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_plain_http_with_a_port() {
        assert!(endpoint_of("http://127.0.0.1:80/", "key").is_ok());
        assert!(endpoint_of("https://127.0.0.1:80", "key").is_err());
        assert!(endpoint_of("http://127.0.0.1", "key").is_err());
    }

    #[test]
    fn a_server_that_stops_at_once_shows_its_output() {
        let data = tempfile::tempdir().unwrap();
        let Err(error) = Server::start(Path::new("/bin/ls"), data.path(), &[]) else {
            panic!("ls started a server");
        };
        let text = format!("{error:#}");
        assert!(text.contains("ls:"), "{text}");
    }
}
