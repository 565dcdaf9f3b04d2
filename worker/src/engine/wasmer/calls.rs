//! Calls of single exports: lowering their arguments, lifting their results, and letting the guest
//! free what it returned.

use bytes::Bytes;

use ::wasmer::Store;

use super::abi::{self, Export};
use super::exports::{Exports, V0, V1};
use super::memory;
use crate::engine::{Answer, Fault, GuestError, Response};

pub(super) fn init(exports: &Exports, store: &mut Store, config: &[u8]) -> Result<(), Fault> {
    match exports {
        Exports::V0(v0) => {
            v0.init.call.call(store).map_err(abi::trap)?;
            v0.init.post(store)
        }
        Exports::V1(v1) => call_with_bytes(&v1.init, store, config, "init"),
    }
}

pub(super) fn restore(exports: &Exports, store: &mut Store, state: &[u8]) -> Result<(), Fault> {
    match exports {
        Exports::V0(v0) => {
            let restore = &v0.restore;
            let (pointer, length) = restore.lower_bytes(store, state)?;
            let called = restore.call.call(store, pointer, length);
            called.map_err(abi::trap)?;
            restore.post(store)
        }
        Exports::V1(v1) => call_with_bytes(&v1.restore, store, state, "restore"),
    }
}

/// `func(list<u8>) -> result<_, error>`, where an error can only mean that the view can't go on.
fn call_with_bytes(
    export: &Export<(u32, u32), u32>,
    store: &mut Store,
    bytes: &[u8],
    name: &str,
) -> Result<(), Fault> {
    let (pointer, length) = export.lower_bytes(store, bytes)?;
    let result = export.call.call(store, pointer, length);
    let result = result.map_err(abi::trap)?;
    let words = export.result(store, result, 4, abi::RESULT_BYTES)?;
    if abi::is_error(words)? {
        let error = export.lift_error(store, words)?;
        return Err(refused(&error, name));
    }
    export.post(store, result)
}

pub(super) fn query(
    exports: &Exports,
    store: &mut Store,
    parameters: &[(String, String)],
    body: &[u8],
    max: u64,
) -> Result<Answer, Fault> {
    match exports {
        Exports::V0(v0) => query_v0(v0, store, parameters, body, max),
        Exports::V1(v1) => query_v1(v1, store, parameters, body, max),
    }
}

fn query_v0(
    v0: &V0,
    store: &mut Store,
    parameters: &[(String, String)],
    body: &[u8],
    max: u64,
) -> Result<Answer, Fault> {
    let query = &v0.query;
    // The world has one input; parameters stand in for a body that is missing.
    let (pointer, length) = if body.is_empty() && !parameters.is_empty() {
        let parameters = parameters.iter().cloned();
        let object = parameters.map(|(name, value)| (name, value.into()));
        let json = serde_json::Value::Object(object.collect()).to_string();
        query.lower_bytes(store, json.as_bytes())?
    } else {
        query.lower_bytes(store, body)?
    };
    let result = query.call.call(store, pointer, length);
    let result = result.map_err(abi::trap)?;
    let words = query.result(store, result, 4, abi::LIST_BYTES)?;
    let body = query.lift_bytes(store, abi::list_at(words, 0), max)?;
    query.post(store, result)?;
    Ok(answer(None, body))
}

fn query_v1(
    v1: &V1,
    store: &mut Store,
    parameters: &[(String, String)],
    body: &[u8],
    max: u64,
) -> Result<Answer, Fault> {
    let query = &v1.query;
    let mut pairs = Vec::with_capacity(parameters.len() * 16);
    for (name, value) in parameters {
        for text in [name, value] {
            let (pointer, length) = query.lower_bytes(store, text.as_bytes())?;
            pairs.extend_from_slice(&pointer.to_le_bytes());
            pairs.extend_from_slice(&length.to_le_bytes());
        }
    }
    let (list, list_bytes) = query.allocate(store, 4, pairs.len())?;
    memory::write(query.memory()?, store, list, list_bytes)?.copy_from_slice(&pairs);
    let (pointer, length) = query.lower_bytes(store, body)?;
    let count = u32::try_from(parameters.len()).unwrap_or(u32::MAX);
    let result = query.call.call(store, list, count, pointer, length);
    let result = result.map_err(abi::trap)?;
    let words = query.result(store, result, 4, abi::RESPONSE_BYTES)?;
    let answer = if abi::is_error(words)? {
        Answer::Error(query.lift_error(store, words)?)
    } else {
        let content_type = query.lift_content_type(store, words)?;
        let body = query.lift_bytes(store, abi::list_at(words, 16), max)?;
        answer(content_type, body)
    };
    query.post(store, result)?;
    Ok(answer)
}

fn answer(content_type: Option<String>, body: Result<Vec<u8>, u64>) -> Answer {
    match body {
        Ok(body) => Answer::Response(Response {
            content_type,
            body: Bytes::from(body),
        }),
        Err(bytes) => Answer::TooLarge { bytes },
    }
}

pub(super) fn snapshot(exports: &Exports, store: &mut Store, max: u64) -> Result<Vec<u8>, Fault> {
    // World 1.0.0 has the discriminant of a result in front of the list.
    let (snapshot, bytes, at) = match exports {
        Exports::V0(v0) => (&v0.snapshot, abi::LIST_BYTES, 0),
        Exports::V1(v1) => (&v1.snapshot, abi::RESULT_BYTES, 4),
    };
    let result = snapshot.call.call(store).map_err(abi::trap)?;
    let words = snapshot.result(store, result, 4, bytes)?;
    if at > 0 && abi::is_error(words)? {
        let error = snapshot.lift_error(store, words)?;
        return Err(refused(&error, "snapshot"));
    }
    let state = snapshot.lift_bytes(store, abi::list_at(words, at), max)?;
    let state = state.map_err(|bytes| {
        Fault::Abi(format!(
            "a snapshot of {bytes} bytes, and at most {max} are allowed"
        ))
    })?;
    snapshot.post(store, result)?;
    Ok(state)
}

fn refused(error: &GuestError, function: &str) -> Fault {
    let code = error.code.as_deref().unwrap_or("no code");
    Fault::Abi(format!(
        "an error from `{function}`: {} ({code})",
        error.message
    ))
}
