//! Everything that a server logs while a story runs, statements of the database included.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::EnvFilter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a story on a thread and a runtime of its own, so that no other test's lines come in between.
pub fn watched<T: Send + 'static, F: Future<Output = T>>(
    filter: &str,
    story: impl FnOnce() -> F + Send + 'static,
) -> (T, Vec<String>) {
    // With a single subscriber, `tracing` asks the thread that passes a line first, and asks no other thread again.
    static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));
    LazyLock::force(&ANOTHER);
    let lines = Lines::default();
    let (writer, filter) = (lines.clone(), EnvFilter::new(filter));
    let told = std::thread::spawn(move || {
        let writer = move || writer.clone();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(writer).finish();
        let _guard = tracing::subscriber::set_default(log);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story())
    });
    let told = told.join().unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (told, text.lines().map(str::to_owned).collect())
}

/// What the server reads and writes whoever asks.
const BESIDE: [&str; 7] =
    ["FROM changes", "FROM realms", "FROM apis", "FROM keys", "INTO audit", "UPDATE secrets", "DELETE FROM"];

/// The statements of Postgres that the log tells between `BEGIN` and `END` of a case, but for those that have nothing to do with it.
pub fn statements(log: &[String], case: &str) -> Vec<String> {
    let lines = log.iter().skip_while(|line| !line.ends_with(&format!("BEGIN {case}")));
    let lines = lines.take_while(|line| !line.ends_with(&format!("END {case}")));
    let statement = |line: &String| line.split("db.statement=\"").nth(1)?.split("\" rows_affected").next().map(str::to_owned);
    lines.filter_map(statement).filter(|sql| !BESIDE.iter().any(|other| sql.contains(other))).collect()
}
