//! The API as its clients see it: over TCP, on real stores and a real worker.
