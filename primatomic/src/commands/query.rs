//! `query`: asks a view.

use std::io::IsTerminal as _;

use clap::Args;
use primatomic_client::{Query, QueryAnswer, encode};
use protocol::limits::QUERY_BYTES_MAX;

use crate::commands::input::InputOptions;
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
#[command(after_help = "\
The answer's bytes go to standard output as they are.

Examples:
  primatomic query demo counter
  primatomic query demo counter --after 42        wait until event 42 is folded
  primatomic query usage monthly-totals --param month=2025-03
  primatomic query demo counter --json            with the sequence and the content type")]
pub(crate) struct QueryArguments {
    /// Name or id of the log
    log: String,
    /// Name of the view
    view: String,
    /// Answer from a state that reflects at least this sequence
    #[arg(long, value_name = "N")]
    after: Option<u64>,
    /// Milliseconds to wait for --after
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// Number of the version to ask instead of the live one
    #[arg(long, value_name = "N")]
    version: Option<u64>,
    /// Parameter for the view; may be repeated
    #[arg(long = "param", short, value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    #[command(flatten)]
    input: InputOptions,
}

pub(crate) fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "a parameter looks like name=value".to_owned())
}

pub(crate) async fn run(arguments: QueryArguments, session: &Session) -> Result<(), Failure> {
    let body = if arguments.input.is_given() {
        arguments.input.read(QUERY_BYTES_MAX)?
    } else {
        Vec::new()
    };
    let query = Query {
        after: arguments.after,
        timeout_ms: arguments.timeout_ms,
        version: arguments.version,
        parameters: arguments.parameters,
        input: body.into(),
    };
    let view = session.client.log(&arguments.log).view(&arguments.view);
    print(&view.query(&query).await?, session.output)
}

fn print(answer: &QueryAnswer, output: Output) -> Result<(), Failure> {
    if output.json {
        let (data, encoding) = encode(&answer.body);
        return output.value(
            &serde_json::json!({
                "sequence": answer.sequence,
                "content_type": answer.content_type,
                "data": data,
                "encoding": encoding,
            }),
            |_| String::new(),
        );
    }
    output.bytes(&answer.body)?;
    // On a terminal the prompt should begin on a line of its own.
    if std::io::stdout().is_terminal() && !answer.body.ends_with(b"\n") {
        output.bytes(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_split_at_its_first_equals_sign() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(parameter("month=2025-03"), pair("month", "2025-03"));
        assert_eq!(parameter("q=a=b"), pair("q", "a=b"));
        assert_eq!(parameter("empty="), pair("empty", ""));
        assert!(parameter("=x").is_err());
        assert!(parameter("month").is_err());
    }
}
