//! What a process counts, from its page for operators.

use anyhow::{Context as _, Result};

use crate::api::Endpoint;

/// The text of `/metrics`.
#[derive(Debug)]
pub(crate) struct Metrics(String);

impl Metrics {
    pub(crate) async fn read(endpoint: &Endpoint) -> Result<Self> {
        let text = endpoint
            .connect()
            .await?
            .call(&endpoint.get("/metrics"))
            .await;
        let text = text.context("can't read the metrics")?;
        Ok(Self(String::from_utf8(text)?))
    }

    /// The sum over all labels of a metric; 0 before it is first counted.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        let value = |line: &str| {
            let rest = line.strip_prefix(name)?;
            if !rest.starts_with([' ', '{']) {
                return None;
            }
            rest.rsplit_once(' ')?.1.parse::<f64>().ok()
        };
        self.0.lines().filter_map(value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_added_up_and_longer_names_are_not() {
        let text = "# TYPE lag gauge\nlag{shard=\"0\"} 2\nlag{shard=\"1\"} 3.5\nlag_seconds 7\n";
        let metrics = Metrics(text.to_owned());
        assert!((metrics.sum("lag") - 5.5).abs() < 1e-9);
        assert!((metrics.sum("lag_seconds") - 7.0).abs() < 1e-9);
        assert!(metrics.sum("missing").abs() < 1e-9);
    }
}
