//! The canonical ABI for exactly our two worlds: how arguments are laid out in a guest's memory and
//! results are read from it. Offsets are those of the records in `wit/`, by the rules of the
//! component model's CanonicalABI.md.

use ::wasmer::{Memory, Store, TypedFunction, WasmTypeList};

use super::link::{self, Instances};
use super::memory::{self, Realloc, u32_at};
use crate::engine::{Fault, GuestError};
use crate::loader::plan::Lifted;

/// Longest error message and code, and content type, that are taken over from a guest.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;
const NAME_BYTES_MAX: u32 = 1 << 10;

/// A lifted function: what to call, where its bytes go, and what to call with the result
/// afterwards.
pub(super) struct Export<Args: WasmTypeList, Rets: WasmTypeList> {
    pub(super) call: TypedFunction<Args, Rets>,
    memory: Option<Memory>,
    realloc: Option<Realloc>,
    post_return: Option<TypedFunction<Rets, ()>>,
}

impl<Args: WasmTypeList> Export<Args, ()> {
    /// As for other results.
    pub(super) fn post(&self, store: &mut Store) -> Result<(), Fault> {
        match &self.post_return {
            Some(post_return) => post_return.call(store).map_err(trap),
            None => Ok(()),
        }
    }
}

impl<Args: WasmTypeList> Export<Args, u32> {
    /// Lets the guest free what a call returned.
    pub(super) fn post(&self, store: &mut Store, result: u32) -> Result<(), Fault> {
        match &self.post_return {
            Some(post_return) => post_return.call(store, result).map_err(trap),
            None => Ok(()),
        }
    }
}

impl<Args: WasmTypeList, Rets: WasmTypeList> Export<Args, Rets> {
    pub(super) fn new(
        store: &Store,
        instances: &Instances,
        lifted: &Lifted,
    ) -> Result<Self, Fault> {
        let memory = lifted.options.memory.as_ref();
        let realloc = lifted.options.realloc.as_ref();
        let post_return = lifted.options.post_return.as_ref();
        Ok(Self {
            call: instances.typed(store, &lifted.function)?,
            memory: memory.map(|it| instances.memory(it)).transpose()?,
            realloc: realloc.map(|it| instances.typed(store, it)).transpose()?,
            post_return: post_return
                .map(|it| instances.typed(store, it))
                .transpose()?,
        })
    }

    pub(super) fn memory(&self) -> Result<&Memory, Fault> {
        self.memory
            .as_ref()
            .ok_or_else(|| link::broken("a function has no memory"))
    }

    /// Space in the guest's memory for an argument.
    pub(super) fn allocate(
        &self,
        store: &mut Store,
        alignment: u32,
        length: usize,
    ) -> Result<(u32, u32), Fault> {
        let realloc = self
            .realloc
            .as_ref()
            .ok_or_else(|| link::broken("a function has no `realloc`"))?;
        let length = u32::try_from(length)
            .map_err(|_| Fault::Abi("an argument does not fit into 32-bit memory".into()))?;
        let pointer = realloc.call(store, 0, 0, alignment, length).map_err(trap)?;
        memory::check_alignment(pointer, alignment, "a buffer from its `realloc`")?;
        Ok((pointer, length))
    }

    /// Copies bytes into the guest: a `list<u8>` or a `string`.
    pub(super) fn lower_bytes(&self, store: &mut Store, bytes: &[u8]) -> Result<(u32, u32), Fault> {
        let (pointer, length) = self.allocate(store, 1, bytes.len())?;
        memory::write(self.memory()?, store, pointer, length)?.copy_from_slice(bytes);
        Ok((pointer, length))
    }

    /// The record that a result pointer points at.
    pub(super) fn result<'a>(
        &self,
        store: &'a Store,
        pointer: u32,
        alignment: u32,
        length: u32,
    ) -> Result<&'a [u8], Fault> {
        memory::check_alignment(pointer, alignment, "a result")?;
        memory::read(self.memory()?, store, pointer, length, "a result")
    }

    /// A list of bytes of at most `max`; `Err` holds the length of a longer one.
    pub(super) fn lift_bytes(
        &self,
        store: &Store,
        (pointer, length): (u32, u32),
        max: u64,
    ) -> Result<Result<Vec<u8>, u64>, Fault> {
        // The bounds come first, so that an impossible length is called what it is.
        let bytes = memory::read(self.memory()?, store, pointer, length, "a list")?;
        if u64::from(length) > max {
            return Ok(Err(u64::from(length)));
        }
        Ok(Ok(bytes.to_vec()))
    }

    fn lift_text(
        &self,
        store: &Store,
        (pointer, length): (u32, u32),
        max: u32,
        what: &str,
    ) -> Result<String, Fault> {
        let bytes = memory::read(self.memory()?, store, pointer, length, what)?;
        if length > max {
            return Err(Fault::Abi(format!(
                "{what} of {length} bytes, and at most {max} are allowed"
            )));
        }
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| Fault::Abi(format!("{what} that is not UTF-8")))?;
        Ok(text.to_owned())
    }

    /// `record error { code: string, message: string }` of a result, where it begins at offset 4.
    pub(super) fn lift_error(&self, store: &Store, result: &[u8]) -> Result<GuestError, Fault> {
        let code = self.lift_text(store, list_at(result, 4), NAME_BYTES_MAX, "an error code")?;
        Ok(GuestError {
            code: (!code.is_empty()).then_some(code),
            message: self.lift_message(store, list_at(result, 12))?,
        })
    }

    pub(super) fn lift_message(&self, store: &Store, message: (u32, u32)) -> Result<String, Fault> {
        self.lift_text(store, message, MESSAGE_BYTES_MAX, "an error message")
    }

    /// `option<string>` of `result<response, error>`: a discriminant and the content type.
    pub(super) fn lift_content_type(
        &self,
        store: &Store,
        result: &[u8],
    ) -> Result<Option<String>, Fault> {
        let text = list_at(result, 8);
        match result.get(4).copied().unwrap_or_default() {
            0 => Ok(None),
            1 => self
                .lift_text(store, text, NAME_BYTES_MAX, "a content type")
                .map(Some),
            other => Err(invalid_discriminant(other, "option")),
        }
    }
}

/// `result<_, error>`, `result<list<u8>, error>`: a discriminant and four words at most.
pub(super) const RESULT_BYTES: u32 = 20;
/// `result<response, error>`.
pub(super) const RESPONSE_BYTES: u32 = 24;
/// `result<_, rejection>`; aligned to 8 because of its sequence.
pub(super) const REJECTION_BYTES: u32 = 24;
/// A `list<u8>` that is returned.
pub(super) const LIST_BYTES: u32 = 8;

/// Whether a result is an error.
pub(super) fn is_error(result: &[u8]) -> Result<bool, Fault> {
    match result.first() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        other => Err(invalid_discriminant(
            other.copied().unwrap_or_default(),
            "result",
        )),
    }
}

fn invalid_discriminant(found: u8, ty: &str) -> Fault {
    Fault::Abi(format!(
        "{found} as the discriminant of {ty}, which is 0 or 1"
    ))
}

/// Pointer and length of a list at an offset.
pub(super) fn list_at(result: &[u8], offset: usize) -> (u32, u32) {
    (u32_at(result, offset), u32_at(result, offset + 4))
}

pub(super) fn trap(error: ::wasmer::RuntimeError) -> Fault {
    Fault::Trap(link::describe(&error))
}
