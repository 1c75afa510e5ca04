//! Counters and times that cost a request one atomic addition each: their labels are closed sets, so every counter that there
//! can be is there from the start, and is found by its place instead of by a hash behind a lock.

use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A label: one of finitely many values.
pub(super) trait Label: Copy + Debug + Send + Sync + 'static {
    const ALL: &'static [Self];
    /// Where it stands in `ALL`.
    fn place(self) -> usize;
    fn text(self) -> &'static str;
}

/// Makes labels of closed sets.
macro_rules! labels {
    ($($set:ty),+) => { $(
        impl $crate::telemetry::counts::Label for $set {
            const ALL: &'static [Self] = <$set>::ALL;

            fn place(self) -> usize {
                self as usize
            }

            fn text(self) -> &'static str {
                self.as_str()
            }
        }
    )+ };
}
pub(super) use labels;

impl Label for bool {
    const ALL: &'static [Self] = &[false, true];

    fn place(self) -> usize {
        usize::from(self)
    }

    fn text(self) -> &'static str {
        if self { "true" } else { "false" }
    }
}

/// By what a metric counts: a label, or two.
pub(super) trait Labels: Copy + Debug + Send + Sync + 'static {
    /// How many different ones there are.
    const COUNT: usize;
    fn place(self) -> usize;
    fn texts(place: usize) -> Vec<&'static str>;
}

impl<A: Label> Labels for A {
    const COUNT: usize = A::ALL.len();

    fn place(self) -> usize {
        Label::place(self)
    }

    fn texts(place: usize) -> Vec<&'static str> {
        A::ALL.get(place).map(|label| label.text()).into_iter().collect()
    }
}

impl<A: Label, B: Label> Labels for (A, B) {
    const COUNT: usize = A::ALL.len() * B::ALL.len();

    fn place(self) -> usize {
        self.0.place() * B::ALL.len() + self.1.place()
    }

    fn texts(place: usize) -> Vec<&'static str> {
        [A::texts(place / B::ALL.len()), B::texts(place % B::ALL.len())].concat()
    }
}

/// A counter for each of the labels. Those that never counted are not shown.
#[derive(Clone, Debug)]
pub(super) struct Counts<L> {
    names: &'static [&'static str],
    counts: Arc<[AtomicU64]>,
    labels: PhantomData<L>,
}

impl<L: Labels> Counts<L> {
    /// `names` are those of the labels.
    pub(super) fn by(names: &'static [&'static str]) -> Self {
        Self { names, counts: (0..L::COUNT).map(|_| AtomicU64::new(0)).collect(), labels: PhantomData }
    }

    pub(super) fn count(&self, labels: L) {
        if let Some(count) = self.counts.get(labels.place()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted so far, by place.
    fn counted(&self) -> impl Iterator<Item = (usize, u64)> {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).enumerate().filter(|(_, count)| *count > 0)
    }
}

impl<L: Labels> EncodeMetric for Counts<L> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (place, count) in self.counted() {
            let labels: Vec<_> = self.names.iter().copied().zip(L::texts(place)).collect();
            encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }

    fn is_empty(&self) -> bool {
        self.counted().next().is_none()
    }
}

/// The longest time of the first bucket, in nanoseconds; each following bucket reaches twice as far, and the last one to any time.
const FIRST_BOUND: u64 = 250_000;
const BOUNDS: u32 = 15;

/// How long things took.
#[derive(Clone, Debug)]
pub(super) struct Durations(Arc<Took>);

#[derive(Debug)]
struct Took {
    nanoseconds: AtomicU64,
    buckets: Vec<AtomicU64>,
}

impl Durations {
    pub(super) fn new() -> Self {
        let buckets = (0..=BOUNDS).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Took { nanoseconds: AtomicU64::new(0), buckets }))
    }

    pub(super) fn observe(&self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let too_short = (0..BOUNDS).take_while(|place| nanoseconds > FIRST_BOUND << place).count();
        self.0.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        if let Some(bucket) = self.0.buckets.get(too_short) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = (0..BOUNDS).map(|place| Duration::from_nanos(FIRST_BOUND << place).as_secs_f64()).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed))).collect();
        let sum = Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
