//! Which WebAssembly features a view may use.

use wasmparser::WasmFeatures;

/// Widely shipped, deterministic features, and what the engine can run. Missing on purpose:
/// threads and relaxed SIMD (not deterministic), 64-bit and multiple memories (the address-space
/// budget counts on 4 GiB per memory), garbage collection, exceptions and tail calls (the compiler
/// does not have them).
pub(crate) fn wasm_features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::CALL_INDIRECT_OVERLONG
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::BULK_MEMORY_OPT
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        // `externref` needs it; the instructions of garbage collection need `GC` as well.
        | WasmFeatures::GC_TYPES
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}
