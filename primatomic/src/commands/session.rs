//! What a command that asks a server works with.

use primatomic_client::{Call, Client};
use serde_json::Value;

use crate::commands::json::text;
use crate::failure::Failure;
use crate::output::{Output, table};

/// The server, and the terminal.
pub(crate) struct Session {
    pub client: Client,
    pub output: Output,
}

impl Session {
    /// Sends a call and prints the response: JSON as it is, or what `human` makes of it.
    pub(crate) async fn print(
        &self,
        call: &Call,
        human: impl FnOnce(&Value) -> String,
    ) -> Result<(), Failure> {
        let response: Value = self.client.json(call).await?;
        self.output.value(&response, human)
    }

    /// Prints a list: its items as JSON, or a table with a row for each.
    pub(crate) async fn print_list<const N: usize>(
        &self,
        path: &[&str],
        limit: Option<usize>,
        titles: [&str; N],
        row: impl Fn(&Value) -> [String; N],
    ) -> Result<(), Failure> {
        let items = path.last().copied().unwrap_or_default();
        let call = self.client.get(path);
        self.print_list_of(&call, items, limit, titles, row).await
    }

    /// The same for what a call lists, which has its items under this name.
    pub(crate) async fn print_list_of<const N: usize>(
        &self,
        call: &Call,
        items: &str,
        limit: Option<usize>,
        titles: [&str; N],
        row: impl Fn(&Value) -> [String; N],
    ) -> Result<(), Failure> {
        let items = self.collect(call, items, limit).await?;
        self.output.value(&items, |items| {
            let rows: Vec<_> = items.iter().map(row).collect();
            table(titles, &rows)
        })
    }

    /// The id of an item that is named by its id or its address. `missing` says what it means that
    /// there is none.
    pub(crate) async fn id_of(
        &self,
        path: &[&str],
        id: &str,
        named: &str,
        missing: &str,
    ) -> Result<String, Failure> {
        if !named.contains('@') {
            return Ok(named.to_owned());
        }
        let items = path.last().copied().unwrap_or_default();
        let items = self.collect(&self.client.get(path), items, None).await?;
        let is_named = |it: &&Value| text(it, "email").eq_ignore_ascii_case(named);
        let found = items
            .iter()
            .find(is_named)
            .map(|it| text(it, id).to_owned());
        found.ok_or_else(|| Failure::Other(format!("{named} {missing}")))
    }

    /// Walks a list's pages and collects its items.
    async fn collect(
        &self,
        call: &Call,
        items: &str,
        limit: Option<usize>,
    ) -> Result<Vec<Value>, Failure> {
        let mut found = Vec::new();
        let limit = limit.unwrap_or(usize::MAX);
        self.pages(call, limit, items, |mut rows| {
            found.append(&mut rows);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Walks a list's pages until there are `limit` items, and hands the items of each page over.
    pub(crate) async fn pages(
        &self,
        call: &Call,
        limit: usize,
        items: &str,
        mut take: impl FnMut(Vec<Value>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        const PAGE: usize = 1_000;
        let mut left = limit;
        let mut cursor: Option<String> = None;
        while left > 0 {
            let call = call.clone().query("limit", PAGE.min(left));
            let call = call.query_if("cursor", cursor.take());
            let mut page: Value = self.client.json(&call).await?;
            if let Some(Value::Array(rows)) = page.get_mut(items).map(Value::take) {
                left = left.saturating_sub(rows.len());
                take(rows)?;
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        Ok(())
    }
}
