//! `view example`: the example components that the binary carries.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use example_views::ALL;

use crate::failure::Failure;
use crate::output::{Output, table};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  primatomic view example                          list them
  primatomic view example counter -o counter.wasm")]
pub(crate) struct ExampleArguments {
    /// Name of the example; without one they are listed
    name: Option<String>,
    /// File to write [default: standard output]
    #[arg(long, short, value_name = "FILE", requires = "name")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: ExampleArguments, output: Output) -> Result<(), Failure> {
    let Some(name) = arguments.name else {
        return list(output);
    };
    let example = ALL
        .iter()
        .find(|example| example.name == name)
        .ok_or_else(|| {
            let names = ALL.map(|example| example.name).join(", ");
            Failure::Usage(format!("there is no example {name}; there are {names}"))
        })?;
    match arguments.output {
        Some(path) => {
            std::fs::write(&path, (example.component)())
                .map_err(|error| Failure::file("write", &path, error))?;
            output.note(format!("Wrote {}.", path.display()));
            Ok(())
        }
        None if std::io::stdout().is_terminal() => Err(Failure::Usage(
            "a component is no text for a terminal; name a file with -o".to_owned(),
        )),
        None => output.bytes((example.component)()),
    }
}

fn list(output: Output) -> Result<(), Failure> {
    let value: Vec<_> = ALL
        .iter()
        .map(|it| serde_json::json!({"name": it.name, "about": it.about, "bytes": (it.component)().len()}))
        .collect();
    output.value(&value, |_| {
        let rows = ALL.map(|it| [it.name.to_owned(), it.about.to_owned()]);
        table(["NAME", "WHAT IT DOES"], &rows)
    })
}
