//! The integration tests: one binary, so that they link once; a module a topic, on the real router and real databases.
//!
//! Each module is marked `#[cfg(test)]`, which it always is, so that the lints know a test when they see one.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod gateways;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod store;
