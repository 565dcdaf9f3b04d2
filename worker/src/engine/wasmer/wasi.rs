//! WASI 0.2 for folds: what can be the same always and everywhere, and traps for the rest.
//!
//! Default builds of several languages import WASI whether they use it or not, so all of it links.
//! The clock is the event's timestamp, random numbers begin anew with every event, there are no
//! arguments, variables, files or networks, and output goes to a short debug log.

use ::wasmer::{AsStoreMut, FunctionEnvMut, FunctionType, Memory, RuntimeError, Type, Value};

use super::host::Host;
use super::memory::Realloc;

/// Bytes of output that a stream says it takes at once.
const WRITE_BYTES_MAX: u64 = 64 << 10;
/// Random bytes in one call.
const RANDOM_BYTES_MAX: u64 = 1 << 20;
/// Pollables in one call.
const POLL_MAX: u32 = 10_000;
/// A pointer for empty lists: in bounds of nothing, aligned for everything.
const DANGLING: u32 = 8;
/// The one handle that there is. Handles stand for nothing, so they need not differ.
const HANDLE: i64 = 1;

/// A lowered import.
pub(super) struct HostCall {
    pub(super) interface: String,
    pub(super) function: String,
    pub(super) memory: Option<Memory>,
    pub(super) realloc: Option<Realloc>,
    pub(super) ty: FunctionType,
}

type Env<'a> = FunctionEnvMut<'a, Host>;
type Reply = Result<Option<i64>, RuntimeError>;

/// Answers a call. A component may declare WASI's functions with any types, so nothing here
/// relies on the number or the types of the arguments.
pub(super) fn call(
    call: &HostCall,
    mut env: Env<'_>,
    arguments: &[Value],
) -> Result<Vec<Value>, RuntimeError> {
    let env = &mut env;
    let arguments = &Arguments(arguments);
    let result = arguments.last();
    let number = match (call.interface.as_str(), call.function.as_str()) {
        ("wasi:cli/exit", _) => Err(RuntimeError::new(
            "it called `exit`, which ends nothing here",
        )),
        ("wasi:cli/stdin" | "wasi:cli/stdout" | "wasi:cli/stderr", _)
        | ("wasi:clocks/monotonic-clock", "subscribe-instant" | "subscribe-duration") => {
            Ok(Some(HANDLE))
        }
        // An option without a value.
        ("wasi:cli/environment", "initial-cwd")
        | (
            "wasi:cli/terminal-stdin" | "wasi:cli/terminal-stdout" | "wasi:cli/terminal-stderr",
            _,
        ) => call.put(env, result, &[0]),
        ("wasi:cli/environment", "get-environment" | "get-arguments")
        | ("wasi:io/error" | "wasi:filesystem/preopens", _) => {
            call.put_list(env, result, DANGLING, 0)
        }
        ("wasi:clocks/monotonic-clock", "now") => {
            Ok(Some(Host::current(env).time.as_nanos().cast_signed()))
        }
        ("wasi:clocks/monotonic-clock", "resolution") => Ok(Some(1_000)),
        ("wasi:clocks/wall-clock", "now") => {
            let micros = Host::current(env).time.as_micros();
            call.put_datetime(env, result, micros)
        }
        ("wasi:clocks/wall-clock", "resolution") => call.put_datetime(env, result, 1),
        (
            "wasi:random/random" | "wasi:random/insecure",
            "get-random-u64" | "get-insecure-random-u64",
        ) => Ok(Some(Host::current(env).next_random().cast_signed())),
        (
            "wasi:random/random" | "wasi:random/insecure",
            "get-random-bytes" | "get-insecure-random-bytes",
        ) => random(call, env, arguments),
        ("wasi:random/insecure-seed", _) => {
            let host = Host::current(env);
            let seed = [host.next_random(), host.next_random()];
            call.put(env, result, seed.map(u64::to_le_bytes).as_flattened())
        }
        // Everything is ready at once: there is nothing to wait for.
        ("wasi:io/poll", "[method]pollable.ready") => Ok(Some(1)),
        ("wasi:io/poll", "[method]pollable.block") => Ok(None),
        ("wasi:io/poll", "poll") => poll(call, env, arguments),
        ("wasi:io/streams", function) => streams(call, env, arguments, function),
        _ => Err(unavailable(call)),
    }?;
    reply(call, number)
}

/// Gives a number the type that the component declared.
fn reply(call: &HostCall, number: Option<i64>) -> Result<Vec<Value>, RuntimeError> {
    match (call.ty.results(), number) {
        ([], None) => Ok(Vec::new()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "handles and flags are small"
        )]
        ([Type::I32], Some(number)) => Ok(vec![Value::I32(number as i32)]),
        ([Type::I64], Some(number)) => Ok(vec![Value::I64(number)]),
        _ => Err(other_type(call)),
    }
}

fn other_type(call: &HostCall) -> RuntimeError {
    RuntimeError::new(format!(
        "it declares `{}` of `{}` with another type than WASI does",
        call.function, call.interface
    ))
}

fn unavailable(call: &HostCall) -> RuntimeError {
    let why = match call.interface.split('/').next() {
        Some("wasi:filesystem") => "views have no files",
        Some("wasi:http" | "wasi:sockets") => "views have no network",
        _ => "views don't have it",
    };
    RuntimeError::new(format!(
        "it called `{}` of `{}`, and {why}",
        call.function, call.interface
    ))
}

/// The arguments of a call; what is missing is 0.
struct Arguments<'a>(&'a [Value]);

impl Arguments<'_> {
    fn u64(&self, index: usize) -> u64 {
        match self.0.get(index) {
            Some(Value::I32(number)) => u64::from(number.cast_unsigned()),
            Some(Value::I64(number)) => number.cast_unsigned(),
            _ => 0,
        }
    }

    /// A pointer or a 32-bit length.
    fn u32(&self, index: usize) -> u32 {
        u32::try_from(self.u64(index)).unwrap_or(u32::MAX)
    }

    /// Where results go: the last argument.
    fn last(&self) -> u32 {
        let last = self.0.len().checked_sub(1);
        last.map_or(0, |index| self.u32(index))
    }
}

impl HostCall {
    fn memory(&self) -> Result<&Memory, RuntimeError> {
        self.memory.as_ref().ok_or_else(|| other_type(self))
    }

    fn put(&self, env: &mut Env<'_>, pointer: u32, bytes: &[u8]) -> Reply {
        self.memory()?
            .view(env)
            .write(u64::from(pointer), bytes)
            .map_err(|_| {
                RuntimeError::new(format!(
                    "it called `{}` with a pointer out of its memory",
                    self.function
                ))
            })?;
        Ok(None)
    }

    fn put_list(&self, env: &mut Env<'_>, pointer: u32, list: u32, count: u32) -> Reply {
        let words = [list, count].map(u32::to_le_bytes);
        self.put(env, pointer, words.as_flattened())
    }

    /// `record datetime { seconds: u64, nanoseconds: u32 }`, and what aligns it.
    fn put_datetime(&self, env: &mut Env<'_>, pointer: u32, micros: u64) -> Reply {
        let words = [micros / 1_000_000, micros % 1_000_000 * 1_000].map(u64::to_le_bytes);
        self.put(env, pointer, words.as_flattened())
    }

    /// Copies bytes into a new list of the guest's.
    fn new_list(
        &self,
        env: &mut Env<'_>,
        alignment: u32,
        bytes: &[u8],
    ) -> Result<u32, RuntimeError> {
        let realloc = self.realloc.clone().ok_or_else(|| other_type(self))?;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let pointer = realloc.call(&mut env.as_store_mut(), 0, 0, alignment, length)?;
        self.put(env, pointer, bytes)?;
        Ok(pointer)
    }
}

fn random(call: &HostCall, env: &mut Env<'_>, arguments: &Arguments<'_>) -> Reply {
    let count = arguments.u64(0);
    let length = usize::try_from(count).unwrap_or(usize::MAX);
    if count > RANDOM_BYTES_MAX {
        return Err(RuntimeError::new(format!(
            "it asked for {count} random bytes at once, and gets at most {RANDOM_BYTES_MAX}"
        )));
    }
    let host = Host::current(env);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&host.next_random().to_le_bytes());
    }
    bytes.truncate(length);
    let list = call.new_list(env, 1, &bytes)?;
    let count = u32::try_from(length).unwrap_or(u32::MAX);
    call.put_list(env, arguments.last(), list, count)
}

fn poll(call: &HostCall, env: &mut Env<'_>, arguments: &Arguments<'_>) -> Reply {
    let count = arguments.u32(1);
    if count == 0 || count > POLL_MAX {
        return Err(RuntimeError::new(format!(
            "it polled {count} things at once, which must be 1 to {POLL_MAX}"
        )));
    }
    let ready: Vec<u8> = (0..count).flat_map(u32::to_le_bytes).collect();
    let list = call.new_list(env, 4, &ready)?;
    call.put_list(env, arguments.last(), list, count)
}

/// Output is logged and dropped; input is at its end.
fn streams(call: &HostCall, env: &mut Env<'_>, arguments: &Arguments<'_>, function: &str) -> Reply {
    let result = arguments.last();
    match function {
        "[method]output-stream.subscribe" | "[method]input-stream.subscribe" => Ok(Some(HANDLE)),
        "[method]output-stream.check-write" => {
            let permit = [0, WRITE_BYTES_MAX].map(u64::to_le_bytes);
            call.put(env, result, permit.as_flattened())
        }
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            write_out(call, env, arguments.u32(1), arguments.u32(2))?;
            call.put(env, result, &[0])
        }
        "[method]output-stream.flush"
        | "[method]output-stream.blocking-flush"
        | "[method]output-stream.write-zeroes"
        | "[method]output-stream.blocking-write-zeroes-and-flush" => call.put(env, result, &[0]),
        // result<list<u8>, stream-error> with the error `closed`
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            call.put(env, result, &[1, 0, 0, 0, 1])
        }
        // result<u64, stream-error> with the error `closed`
        "[method]input-stream.skip"
        | "[method]input-stream.blocking-skip"
        | "[method]output-stream.splice"
        | "[method]output-stream.blocking-splice" => {
            call.put(env, result, &[1, 0, 0, 0, 0, 0, 0, 0, 1])
        }
        _ => Err(unavailable(call)),
    }
}

fn write_out(
    call: &HostCall,
    env: &mut Env<'_>,
    pointer: u32,
    length: u32,
) -> Result<(), RuntimeError> {
    let logged = (length as usize).min(env.data().log_bytes_left);
    let mut bytes = vec![0; logged];
    call.memory()?
        .view(env)
        .read(u64::from(pointer), &mut bytes)
        .map_err(|_| RuntimeError::new("it wrote output from outside of its memory"))?;
    env.data_mut().log(&bytes);
    Ok(())
}
