//! Log lines to standard error. Lines of a busy server are gathered for a moment, because writing each by itself costs more than
//! making it; a warning or worse is written at once, with all that came before it.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::json::Json;
use crate::config::{LogConfig, LogFormat};

/// How long a line may wait for company.
const GATHER: Duration = Duration::from_millis(50);
/// So many bytes are written without further waiting.
const MANY: usize = 64 * 1024;

/// Starts logging to standard error. `Err`: the filter cannot be read, or logging was started before. What is gathered is
/// written when the [`Flush`] is dropped.
pub fn start_logging(config: &LogConfig) -> Result<Flush, String> {
    let filter = EnvFilter::try_new(&config.level).map_err(|error| format!("log.level: {error}"))?;
    let lines = Lines::new(io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Gathered(lines.clone()))
        .with_ansi(io::stderr().is_terminal());
    match config.format {
        LogFormat::Json => builder.event_format(Json).try_init(),
        LogFormat::Text => builder.try_init(),
    }
    .map_err(|error| error.to_string())?;
    let writer = lines.clone();
    // Without the thread, lines are written as they come.
    let thread = std::thread::Builder::new().name("log".into()).spawn(move || writer.write_now_and_then());
    lines.lock().is_alone = thread.is_err();
    Ok(Flush(lines))
}

/// Writes what is left when it is dropped.
#[must_use]
#[derive(Debug)]
pub struct Flush(Arc<Lines<io::Stderr>>);

impl Drop for Flush {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        held.is_alone = true;
        held.write_out();
    }
}

/// Lines on their way to `out`.
#[derive(Debug)]
struct Lines<W> {
    held: Mutex<Held<W>>,
    waiting: Condvar,
}

#[derive(Debug)]
struct Held<W> {
    text: Vec<u8>,
    out: W,
    /// Nobody comes to write what waits.
    is_alone: bool,
}

impl<W: Write> Held<W> {
    fn write_out(&mut self) {
        // A log that cannot be written has nowhere to say so.
        let _ = self.out.write_all(&self.text).and_then(|()| self.out.flush());
        self.text.clear();
        self.text.shrink_to(MANY * 2);
    }
}

impl<W: Write> Lines<W> {
    fn new(out: W) -> Arc<Self> {
        Arc::new(Self { held: Mutex::new(Held { text: Vec::new(), out, is_alone: false }), waiting: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Held<W>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes some lines in.
    fn take(&self, text: &[u8], is_urgent: bool) {
        let mut held = self.lock();
        let is_first = held.text.is_empty();
        held.text.extend_from_slice(text);
        if is_urgent || held.is_alone || held.text.len() >= MANY {
            held.write_out();
        } else if is_first {
            drop(held);
            self.waiting.notify_one();
        }
    }

    fn write_now_and_then(&self) {
        loop {
            let held = self.waiting.wait_while(self.lock(), |held| held.text.is_empty());
            drop(held);
            std::thread::sleep(GATHER);
            self.lock().write_out();
        }
    }
}

struct Gathered<W>(Arc<Lines<W>>);

/// What one event writes.
struct Event<'a, W> {
    lines: &'a Lines<W>,
    is_urgent: bool,
}

impl<'a, W: Write + 'static> MakeWriter<'a> for Gathered<W> {
    type Writer = Event<'a, W>;

    fn make_writer(&'a self) -> Event<'a, W> {
        Event { lines: &self.0, is_urgent: true }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Event<'a, W> {
        Event { lines: &self.0, is_urgent: *event.level() <= Level::WARN }
    }
}

impl<W: Write> Write for Event<'_, W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.lines.take(text, self.is_urgent);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_wait_for_company_and_a_warning_takes_them_along() {
        let lines = Lines::new(Vec::new());
        lines.take(b"one\n", false);
        lines.take(b"two\n", false);
        assert_eq!(lines.lock().out, b"");
        lines.take(b"a warning\n", true);
        assert_eq!(lines.lock().out, b"one\ntwo\na warning\n");
    }

    #[test]
    fn many_lines_do_not_wait_and_memory_is_bounded() {
        let lines = Lines::new(Vec::new());
        let line = [b'x'; 1024];
        for _ in 0..MANY / line.len() * 10 {
            lines.take(&line, false);
            assert!(lines.lock().text.len() < MANY);
        }
        assert_eq!(lines.lock().out.len(), MANY * 10);
    }

    #[test]
    fn nothing_stays_behind_for_long() {
        let lines = Lines::new(Vec::new());
        let writer = lines.clone();
        std::thread::spawn(move || writer.write_now_and_then());
        for expected in [&b"one\n"[..], b"one\none\n"] {
            lines.take(b"one\n", false);
            while lines.lock().out != expected {
                std::thread::yield_now();
            }
        }
    }
}
