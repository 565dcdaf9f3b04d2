//! End-to-end tests: every one runs the real binary and talks to it as its users do.

mod cli;
mod crash;
mod data_directory;
mod durability;
mod exit_codes;
mod harness;
mod json;
mod quickstart;
mod usage_metering;
mod view_test;
