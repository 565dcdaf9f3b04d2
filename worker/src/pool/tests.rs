//! Fairness of the whole pool: its threads and its queues together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use protocol::TenantId;

use super::*;
use crate::cpu_time;

fn options(threads: usize) -> PoolOptions {
    PoolOptions {
        threads,
        threads_max: threads + 8,
        running_per_tenant_max: 4,
        waiting_per_tenant_max: 1_000,
        waiting_max: 10_000,
    }
}

#[test]
fn a_tenant_with_a_long_queue_does_not_delay_another_one() {
    let pool = Pool::new(options(1)).unwrap();
    let (busy, guest) = (TenantId::generate(), TenantId::generate());
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..500 {
        let done = Arc::clone(&done);
        let job = Box::new(move || {
            std::thread::sleep(Duration::from_millis(1));
            done.fetch_add(1, Ordering::SeqCst);
        });
        pool.submit(busy, Priority::Interactive, job).unwrap();
    }
    let (sender, receiver) = mpsc::channel();
    let seen = Arc::clone(&done);
    let job = Box::new(move || sender.send(seen.load(Ordering::SeqCst)).unwrap());
    pool.submit(guest, Priority::Interactive, job).unwrap();
    let before = receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(before < 400, "{before} jobs of the other tenant ran first");
}

#[test]
fn slow_jobs_of_one_tenant_leave_threads_for_another() {
    let pool = Pool::new(options(1)).unwrap();
    let (hog, guest) = (TenantId::generate(), TenantId::generate());
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    for _ in 0..6 {
        let blocked = Arc::clone(&blocked);
        let job = Box::new(move || {
            let _ = blocked.lock().recv_timeout(Duration::from_secs(20));
        });
        pool.submit(hog, Priority::Interactive, job).unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    let (sender, receiver) = mpsc::channel();
    let job = Box::new(move || sender.send(()).unwrap());
    pool.submit(guest, Priority::Interactive, job).unwrap();
    receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    drop(release);
}

/// Its jobs run elsewhere, and those of others where they ran before.
#[tokio::test]
async fn a_tenant_that_used_much_cpu_time_yields_to_another() {
    let pool = Pool::new(options(1)).unwrap();
    let (busy, guest) = (TenantId::generate(), TenantId::generate());
    let own_niceness = || rustix::process::getpriority_process(None).unwrap();
    let niceness = |tenant| pool.run(tenant, Priority::Interactive, own_niceness);
    let usual = own_niceness();
    assert_eq!(niceness(busy).await, Ok(usual));
    let work = || while cpu_time::of_this_thread() < Duration::from_millis(100) {};
    pool.run(busy, Priority::Interactive, work).await.unwrap();
    // What it used is known a moment after the outcome.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(niceness(guest).await, Ok(usual));
    assert_eq!(niceness(busy).await, Ok(10));
    assert_eq!(niceness(guest).await, Ok(usual));
}

#[tokio::test]
async fn background_work_goes_on_under_interactive_load() {
    let pool = Arc::new(Pool::new(options(1)).unwrap());
    let tenant = TenantId::generate();
    let interactive = Arc::new(AtomicUsize::new(0));
    for _ in 0..400 {
        let count = Arc::clone(&interactive);
        let job = Box::new(move || {
            std::thread::sleep(Duration::from_millis(1));
            count.fetch_add(1, Ordering::SeqCst);
        });
        pool.submit(tenant, Priority::Interactive, job).unwrap();
    }
    let count = Arc::clone(&interactive);
    let seen = pool
        .run(tenant, Priority::Background, move || {
            count.load(Ordering::SeqCst)
        })
        .await
        .unwrap();
    assert!(
        seen < 400,
        "background work waited for all interactive work"
    );
}

#[tokio::test]
async fn a_panic_ends_the_job_and_not_the_pool() {
    let pool = Pool::new(options(1)).unwrap();
    let tenant = TenantId::generate();
    let outcome = pool
        .run(tenant, Priority::Interactive, || -> u32 {
            panic!("on purpose")
        })
        .await;
    assert_eq!(outcome, Err(PoolError::Panicked));
    assert_eq!(pool.run(tenant, Priority::Interactive, || 7).await, Ok(7));
}

#[tokio::test]
async fn a_stopped_pool_refuses_work_and_answers_what_waits() {
    let pool = Arc::new(Pool::new(options(1)).unwrap());
    let tenant = TenantId::generate();
    let (release, blocked) = mpsc::channel::<()>();
    let job = Box::new(move || {
        let _ = blocked.recv_timeout(Duration::from_secs(20));
    });
    pool.submit(tenant, Priority::Interactive, job).unwrap();
    let stop = async { pool.stop() };
    let (waiting, ()) = tokio::join!(pool.run(tenant, Priority::Interactive, || 7), stop);
    // The job may have been taken before the pool stopped only if the first one had ended.
    assert_eq!(waiting, Err(PoolError::Stopped));
    drop(release);
    let refused = pool.run(tenant, Priority::Interactive, || 7).await;
    assert_eq!(refused, Err(PoolError::Stopped));
}
