use std::sync::mpsc;
use std::thread;

use super::*;

const NOT_LONG: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(30);

/// Work that takes as long as the test wants: until the sender is dropped.
fn held() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
    let (sender, receiver) = mpsc::channel::<()>();
    (sender, move || {
        let ended = receiver.recv();
        assert!(ended.is_err());
    })
}

#[tokio::test]
async fn work_runs_and_is_counted() {
    let pool = HashPool::new(2, LONG);
    let elsewhere = pool.run(|| thread::current().id()).await.unwrap();
    assert_ne!(elsewhere, thread::current().id());
    assert_eq!(pool.run(|| 7).await, Ok(7));
    assert_eq!((pool.runs(), pool.waiting()), (2, 0));
}

#[tokio::test]
async fn a_permit_counts_no_run_until_it_is_used() {
    let pool = HashPool::new(1, NOT_LONG);
    let permit = pool.acquire().await.unwrap();
    assert_eq!(pool.runs(), 0);
    assert_eq!(pool.acquire().await.unwrap_err(), PoolBusy);
    assert_eq!(permit.run(|| 7).await, Ok(7));
    assert_eq!(pool.runs(), 1);
    drop(pool.acquire().await.unwrap());
    assert_eq!(pool.run(|| 8).await, Ok(8));
}

#[tokio::test]
async fn never_more_than_the_permits_run_at_once() {
    let pool = HashPool::new(3, LONG);
    let (now, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (pool, now, most) = (pool.clone(), Arc::clone(&now), Arc::clone(&most));
            let work = move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
                now.fetch_sub(1, Ordering::SeqCst);
            };
            tokio::spawn(async move { pool.run(work).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    assert_eq!(pool.runs(), 20);
}

#[tokio::test]
async fn the_number_of_those_who_wait_is_bounded() {
    let pool = HashPool::new(1, LONG);
    let permit = pool.acquire().await.unwrap();
    let waiting: Vec<_> = (0..WAITING_PER_PERMIT)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(|| ()).await })
        })
        .collect();
    while pool.waiting() < WAITING_PER_PERMIT {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.run(|| ()).await, Err(PoolBusy), "at once, not after the wait");
    drop(permit);
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
    assert_eq!((pool.runs(), pool.waiting()), (WAITING_PER_PERMIT, 0));
}

#[tokio::test]
async fn who_stops_waiting_gives_the_place_back() {
    let pool = HashPool::new(1, LONG);
    let _permit = pool.acquire().await.unwrap();
    assert!(timeout(NOT_LONG, pool.acquire()).await.is_err());
    assert_eq!(pool.waiting(), 0);
}

#[tokio::test]
async fn work_that_nobody_waits_for_still_holds_its_permit() {
    let pool = HashPool::new(1, NOT_LONG);
    let (end, work) = held();
    assert!(timeout(NOT_LONG, pool.run(work)).await.is_err());
    assert_eq!(pool.run(|| ()).await, Err(PoolBusy));
    drop(end);
    while pool.run(|| ()).await.is_err() {}
    assert_eq!(pool.runs(), 2);
}

#[tokio::test]
async fn a_panic_reaches_the_caller_and_frees_the_permit() {
    let pool = HashPool::new(1, LONG);
    let panicking = pool.clone();
    let caller = tokio::spawn(async move { panicking.run(|| panic!("a defect")).await });
    assert!(caller.await.unwrap_err().is_panic());
    assert_eq!(pool.run(|| 7).await, Ok(7));
}

#[tokio::test]
async fn a_pool_without_permits_has_one() {
    assert_eq!(HashPool::new(0, NOT_LONG).run(|| 7).await, Ok(7));
}

/// A short rest, for tests that wait until it is over.
const NAP: Duration = Duration::from_millis(50);

#[tokio::test]
async fn threads_start_when_they_are_needed_and_no_more_of_them_than_permits() {
    let pool = HashPool::new(2, LONG);
    assert_eq!(pool.shared.workers.threads(), 0);
    for _ in 0..10 {
        pool.run(|| ()).await.unwrap();
    }
    assert!((1..=2).contains(&pool.shared.workers.threads()), "one, or a second where the first was not yet back at rest");
    let storm: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.run(|| thread::sleep(Duration::from_millis(1))).await })
        })
        .collect();
    for task in storm {
        task.await.unwrap().unwrap();
        assert!(pool.shared.workers.threads() <= 2);
    }
    assert_eq!(pool.shared.workers.threads(), 2);
}

#[tokio::test]
async fn a_thread_without_work_ends_and_another_starts_for_the_next() {
    let pool = HashPool::resting(1, LONG, NAP);
    let first = pool.run(|| thread::current().id()).await.unwrap();
    while pool.shared.workers.threads() > 0 {
        thread::sleep(NAP);
    }
    assert_ne!(pool.run(|| thread::current().id()).await.unwrap(), first);
}

#[tokio::test]
async fn a_thread_does_one_piece_of_work_after_the_other() {
    let pool = HashPool::new(1, LONG);
    let first = pool.run(|| thread::current().id()).await.unwrap();
    let failing = pool.clone();
    let failed = tokio::spawn(async move { failing.run(|| panic!("a defect")).await });
    assert!(failed.await.unwrap_err().is_panic());
    assert_eq!(pool.run(|| thread::current().id()).await, Ok(first), "also after a panic");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_hashes_is_nicer_than_whoever_asked() {
    let niceness = || rustix::process::nice(0).unwrap();
    let ours = niceness();
    assert_eq!(HashPool::new(1, LONG).run(niceness).await, Ok((ours + 10).min(19)));
    assert_eq!(niceness(), ours);
}
