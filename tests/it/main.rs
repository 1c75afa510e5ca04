//! The integration tests: one binary, so that they link once; a module a topic.

#[cfg(test)] // It always is; said so that the lints know a test when they see one.
mod store;
