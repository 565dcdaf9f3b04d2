//! End-to-end tests: every one runs the real binary and talks to it as its users do.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod client;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod data_directory;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod exit_codes;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod json;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod mail_tls;
#[cfg(test)]
mod people;
#[cfg(test)]
mod quickstart;
#[cfg(test)]
mod recipe;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod usage_metering;
#[cfg(test)]
mod view_test;
