//! Calls of single exports: lowering their arguments, lifting their results, and letting the guest
//! free what it returned.

use bytes::Bytes;

use ::wasmer::Store;

use super::abi::{self, Export};
use super::machine::{V0, V1};
use super::memory;
use crate::engine::{Answer, Fault, GuestError, Response};

/// `func(list<u8>) -> result<_, error>`, where an error can only mean that the view can't go on.
pub(super) fn call_with_bytes(
    export: &Export<(u32, u32), u32, u32>,
    store: &mut Store,
    bytes: &[u8],
    name: &str,
) -> Result<(), Fault> {
    let (pointer, length) = export.lower_bytes(store, bytes)?;
    let result = export
        .call
        .call(store, pointer, length)
        .map_err(abi::trap)?;
    let words = export.result(store, result, 4, abi::RESULT_BYTES)?;
    if abi::is_error(words)? {
        let error = export.lift_error(store, abi::error_words(words))?;
        return Err(refused(&error, name));
    }
    post(export, store, result)
}

pub(super) fn query_v0(
    v0: &V0,
    store: &mut Store,
    parameters: &[(String, String)],
    body: &[u8],
    max: u64,
) -> Result<Answer, Fault> {
    // The world has one input; parameters stand in for a body that is missing.
    let (pointer, length) = if body.is_empty() && !parameters.is_empty() {
        let object: serde_json::Map<String, serde_json::Value> = parameters
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let json = serde_json::Value::Object(object).to_string();
        v0.query.lower_bytes(store, json.as_bytes())?
    } else {
        v0.query.lower_bytes(store, body)?
    };
    let result = v0
        .query
        .call
        .call(store, pointer, length)
        .map_err(abi::trap)?;
    let words = v0.query.result(store, result, 4, abi::LIST_BYTES)?;
    let (pointer, length) = abi::list_at(words, 0);
    let body = v0.query.lift_bytes(store, pointer, length, max)?;
    post(&v0.query, store, result)?;
    Ok(match body {
        Ok(body) => Answer::Response(Response {
            content_type: None,
            body: Bytes::from(body),
        }),
        Err(bytes) => Answer::TooLarge { bytes },
    })
}

pub(super) fn query_v1(
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
    let result = query
        .call
        .call(store, list, count, pointer, length)
        .map_err(abi::trap)?;
    let words = query.result(store, result, 4, abi::RESPONSE_BYTES)?;
    let answer = if abi::is_error(words)? {
        Answer::Error(query.lift_error(store, abi::error_words(words))?)
    } else {
        let (content_type, (pointer, length)) = abi::response_words(words);
        let content_type = query.lift_content_type(store, content_type)?;
        match query.lift_bytes(store, pointer, length, max)? {
            Ok(body) => Answer::Response(Response {
                content_type,
                body: Bytes::from(body),
            }),
            Err(bytes) => Answer::TooLarge { bytes },
        }
    };
    post(query, store, result)?;
    Ok(answer)
}

pub(super) fn lift_state<Args: ::wasmer::WasmTypeList>(
    export: &Export<Args, u32, u32>,
    store: &Store,
    (pointer, length): (u32, u32),
    max: u64,
) -> Result<Vec<u8>, Fault> {
    export
        .lift_bytes(store, pointer, length, max)?
        .map_err(|bytes| {
            Fault::Abi(format!(
                "a snapshot of {bytes} bytes, and at most {max} are allowed"
            ))
        })
}

/// Lets the guest free what a call returned.
pub(super) fn post<Args: ::wasmer::WasmTypeList>(
    export: &Export<Args, u32, u32>,
    store: &mut Store,
    result: u32,
) -> Result<(), Fault> {
    match &export.post_return {
        Some(post_return) => post_return.call(store, result).map_err(abi::trap),
        None => Ok(()),
    }
}

/// As [`post`], after a call that returned nothing.
pub(super) fn post_nothing<Args: ::wasmer::WasmTypeList>(
    export: &Export<Args, (), ()>,
    store: &mut Store,
) -> Result<(), Fault> {
    match &export.post_return {
        Some(post_return) => post_return.call(store).map_err(abi::trap),
        None => Ok(()),
    }
}

pub(super) fn refused(error: &GuestError, function: &str) -> Fault {
    let code = error.code.as_deref().unwrap_or("no code");
    Fault::Abi(format!(
        "an error from `{function}`: {} ({code})",
        error.message
    ))
}
