//! The canonical ABI for exactly our two worlds: how arguments are laid out in a guest's memory and
//! results are read from it. Offsets are those of the records in `wit/`, by the rules of the
//! component model's CanonicalABI.md.

use ::wasmer::{Memory, Store, TypedFunction, WasmTypeList};

use super::link::{self, Instances};
use super::memory::{self, Realloc, u32_at, u64_at};
use crate::engine::{Fault, GuestError};
use crate::loader::plan::Lifted;

/// Longest error message and code, and content type, that are taken over from a guest.
const MESSAGE_BYTES_MAX: u32 = 64 << 10;
const NAME_BYTES_MAX: u32 = 1 << 10;

/// A lifted function: what to call, where its bytes go, and what to call afterwards. `Post` is what
/// the post-return function takes.
pub(super) struct Export<Args: WasmTypeList, Rets: WasmTypeList, Post: WasmTypeList> {
    pub(super) call: TypedFunction<Args, Rets>,
    pub(super) memory: Option<Memory>,
    pub(super) realloc: Option<Realloc>,
    pub(super) post_return: Option<TypedFunction<Post, ()>>,
}

impl<Args: WasmTypeList, Rets: WasmTypeList, Post: WasmTypeList> Export<Args, Rets, Post> {
    pub(super) fn new(
        store: &Store,
        instances: &Instances,
        lifted: &Lifted,
    ) -> Result<Self, Fault> {
        Ok(Self {
            call: link::typed(&instances.function(&lifted.function)?, store)?,
            memory: lifted
                .memory
                .as_ref()
                .map(|memory| instances.memory(memory))
                .transpose()?,
            realloc: lifted
                .realloc
                .as_ref()
                .map(|realloc| instances.realloc(store, realloc))
                .transpose()?,
            post_return: lifted
                .post_return
                .as_ref()
                .map(|post| link::typed(&instances.function(post)?, store))
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
        pointer: u32,
        length: u32,
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
        pointer: u32,
        length: u32,
        max: u32,
        what: &str,
    ) -> Result<String, Fault> {
        let bytes = memory::read(self.memory()?, store, pointer, length, what)?;
        if length > max {
            return Err(Fault::Abi(format!(
                "{what} of {length} bytes, and at most {max} are allowed"
            )));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Fault::Abi(format!("{what} that is not UTF-8"))),
        }
    }

    /// `record error { code: string, message: string }` at an offset of a result.
    pub(super) fn lift_error(&self, store: &Store, result: [u32; 4]) -> Result<GuestError, Fault> {
        let [code, code_length, message, message_length] = result;
        let code = self.lift_text(store, code, code_length, NAME_BYTES_MAX, "an error code")?;
        let message = self.lift_text(
            store,
            message,
            message_length,
            MESSAGE_BYTES_MAX,
            "an error message",
        )?;
        Ok(GuestError {
            code: (!code.is_empty()).then_some(code),
            message,
        })
    }

    pub(super) fn lift_message(
        &self,
        store: &Store,
        pointer: u32,
        length: u32,
    ) -> Result<String, Fault> {
        self.lift_text(
            store,
            pointer,
            length,
            MESSAGE_BYTES_MAX,
            "an error message",
        )
    }

    /// `option<string>`: the content type.
    pub(super) fn lift_content_type(
        &self,
        store: &Store,
        fields: ContentType,
    ) -> Result<Option<String>, Fault> {
        match fields.discriminant {
            0 => Ok(None),
            1 => self
                .lift_text(
                    store,
                    fields.pointer,
                    fields.length,
                    NAME_BYTES_MAX,
                    "a content type",
                )
                .map(Some),
            other => Err(discriminant(other, "option")),
        }
    }
}

pub(super) struct ContentType {
    discriminant: u8,
    pointer: u32,
    length: u32,
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
        other => Err(discriminant(other.copied().unwrap_or_default(), "result")),
    }
}

fn discriminant(found: u8, ty: &str) -> Fault {
    Fault::Abi(format!(
        "{found} as the discriminant of {ty}, which is 0 or 1"
    ))
}

/// The words of an error, which begin at offset 4.
pub(super) fn error_words(result: &[u8]) -> [u32; 4] {
    [4, 8, 12, 16].map(|offset| u32_at(result, offset))
}

/// Pointer and length of a list at an offset.
pub(super) fn list_at(result: &[u8], offset: usize) -> (u32, u32) {
    (u32_at(result, offset), u32_at(result, offset + 4))
}

/// The content type and the body of `result<response, error>`.
pub(super) fn response_words(result: &[u8]) -> (ContentType, (u32, u32)) {
    let (pointer, length) = list_at(result, 8);
    let content_type = ContentType {
        discriminant: result.get(4).copied().unwrap_or_default(),
        pointer,
        length,
    };
    (content_type, list_at(result, 16))
}

/// The sequence and the message of `result<_, rejection>`.
pub(super) fn rejection_words(result: &[u8]) -> (u64, (u32, u32)) {
    (u64_at(result, 8), list_at(result, 16))
}

pub(super) fn trap(error: ::wasmer::RuntimeError) -> Fault {
    Fault::Trap(link::describe(&error))
}
