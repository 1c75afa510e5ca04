//! One event as one line of JSON: time, level, message, fields, target. Written straight into the line, because a busy server
//! writes one for each request.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let about = event.metadata();
        out.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut out)?;
        write!(out, "\",\"level\":\"{}\"", about.level())?;
        let mut members = Members { out: &mut out, outcome: Ok(()) };
        event.record(&mut members);
        members.outcome?;
        out.write_str(",\"target\":\"")?;
        Escaped(&mut out).write_str(about.target())?;
        out.write_str("\"}\n")
    }
}

/// The fields of an event, as members of the object that is being written.
struct Members<'a, 'w> {
    out: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Members<'_, '_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let write = |out: &mut Writer<'_>| {
            out.write_str(",\"")?;
            out.write_str(field.name())?;
            out.write_str("\":")?;
            value(out)
        };
        if self.outcome.is_ok() {
            self.outcome = write(self.out);
        }
    }

    fn text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        self.member(field, |out| {
            out.write_char('"')?;
            Escaped(out).write_fmt(text)?;
            out.write_char('"')
        });
    }
}

impl Visit for Members<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |out| {
            out.write_char('"')?;
            Escaped(out).write_str(value)?;
            out.write_char('"')
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |out| write!(out, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |out| write!(out, "{value}"));
    }

    /// Whatever else there is, floating point included, is written as a text.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format_args!("{value:?}"));
    }
}

/// Within a JSON string (RFC 8259, section 7).
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let must_be = |letter: char| letter == '"' || letter == '\\' || letter < ' ';
        let mut rest = text;
        while let Some((plain, letter)) = rest.find(must_be).and_then(|at| rest.split_at_checked(at)) {
            self.0.write_str(plain)?;
            let mut letters = letter.chars();
            match letters.next() {
                Some('"') => self.0.write_str("\\\"")?,
                Some('\\') => self.0.write_str("\\\\")?,
                Some('\n') => self.0.write_str("\\n")?,
                Some(other) => write!(self.0, "\\u{:04x}", u32::from(other))?,
                None => {}
            }
            rest = letters.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whatever_is_said_a_line_is_one_object_that_says_it() {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).event_format(Json).finish();
        let hostile = "a \"quote\", a \\, a line\nfeed, a \u{0} and an é";
        tracing::subscriber::with_default(log, || {
            tracing::info!(
                text = hostile,
                display = %hostile,
                debug = ?Some(1),
                number = 7u64,
                negative = -7,
                yes = true,
                absent = None::<&str>,
                "said \"it\""
            );
            tracing::warn!("more");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let said: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [first, second] = said.as_slice() else { panic!("{text}") };
        let expected = serde_json::json!({
            "timestamp": first["timestamp"], "level": "INFO", "message": "said \"it\"", "text": hostile, "display": hostile,
            "debug": "Some(1)", "number": 7, "negative": -7, "yes": true, "target": module_path!(),
        });
        assert_eq!(*first, expected);
        assert!(first["timestamp"].as_str().unwrap().ends_with('Z'));
        assert_eq!((&second["level"], &second["message"]), (&"WARN".into(), &"more".into()));
    }
}
