//! The audit trail: who did what, when, and what came of it; the evidence that an auditor reads.
//!
//! A [`Record`] can say only what its types allow: ids, closed names, scopes, numbers. What changes the state of the
//! installation is recorded by [`record_in`], inside the transaction that changes it. Token requests, which may be many
//! thousands a second, go through the [`AuditWriter`], which commits them in batches.

mod event;
mod record;
mod scribe;
mod uses;
mod writer;

pub use event::{Actor, AuditEvent};
pub use record::{Detail, Record, record_in};
pub use writer::{AuditCounts, AuditError, AuditMode, AuditWriter};
