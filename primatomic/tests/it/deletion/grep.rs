//! Finds a text in every file below a directory: as it is, in hexadecimal, and in whatever of it is
//! compressed with zstd, at whatever offset that begins.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What every frame of zstd begins with.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The most that is read of one compressed frame.
const FRAME_BYTES_MAX: u64 = 64 << 20;

/// The files that hold a text, by their paths below the directory.
pub(crate) fn files_with(directory: &Path, text: &str) -> Vec<PathBuf> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let forms = [text.as_bytes().to_vec(), hex.into_bytes()];
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(&path) {
            // A file may go while it is looked for.
            if holds(&bytes, &forms) {
                found.push(path.strip_prefix(directory).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn holds(bytes: &[u8], forms: &[Vec<u8>]) -> bool {
    if contains(bytes, forms) {
        return true;
    }
    let frames = bytes.windows(ZSTD.len()).enumerate();
    let mut frames = frames.filter(|(_, window)| *window == ZSTD);
    frames.any(|(start, _)| contains(&decompressed(&bytes[start..]), forms))
}

fn contains(bytes: &[u8], forms: &[Vec<u8>]) -> bool {
    forms
        .iter()
        .any(|form| bytes.windows(form.len()).any(|window| window == form))
}

/// As much of a frame as can be read; a frame that was cut off may still hold something.
fn decompressed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if let Ok(decoder) = zstd::stream::read::Decoder::new(bytes) {
        let _ = decoder
            .single_frame()
            .take(FRAME_BYTES_MAX)
            .read_to_end(&mut out);
    }
    out
}

#[test]
fn compressed_and_written_out_bytes_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(directory.path().join("a")).unwrap();
        std::fs::write(directory.path().join("a").join(name), bytes).unwrap();
    };
    let mut inside = b"header".to_vec();
    let text: String = (0..5_000u64)
        .map(|number| format!("{} needle ", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    // The first one stands in literals, which are coded too when there are many.
    inside.extend(zstd::bulk::compress(&text.as_bytes()[20..], 3).unwrap());
    inside.extend(b"footer");
    assert!(!contains(&inside, &[b"needle".to_vec()]));
    write("compressed", &inside);
    write("plain", b"a needle");
    write("hex", b"\"6e6565646c65\"");
    write("none", b"need");
    let found = files_with(directory.path(), "needle");
    let names = ["a/compressed", "a/hex", "a/plain"];
    assert_eq!(found, names.map(PathBuf::from));
}
