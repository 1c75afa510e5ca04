//! The integration tests: one binary, a module a topic, on the real router and real databases.

#[cfg(test)]
mod harness;
