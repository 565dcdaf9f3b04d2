//! A worker that is killed says nothing, and its calls don't wait until that is noticed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use test_servers::NatsServer;

use super::{control_plane, name, options, version, worker};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_killed_with_a_call_is_missed_before_its_silence_is() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    // A runtime that ends is as silent as a process that is killed.
    let killed = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let its_options = options.clone();
    let one = killed.spawn(async move { worker(&its_options, "one").await });
    let one = one.await.unwrap();
    let _two = worker(&options, "two").await;
    let plane = control_plane(&options).await;
    let heard_both = async {
        while name(&plane, &version()).await != "two" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), heard_both)
        .await
        .unwrap();
    let found = async {
        loop {
            let version = version();
            if name(&plane, &version).await == "one" {
                return version;
            }
        }
    };
    let of_one = tokio::time::timeout(Duration::from_secs(10), found)
        .await
        .unwrap();

    one.views.hangs.store(true, Ordering::Relaxed);
    let before = one.views.queries.load(Ordering::Relaxed);
    let views = Arc::clone(&one.views);
    let kill = async {
        while views.queries.load(Ordering::Relaxed) == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        killed.shutdown_background();
        Instant::now()
    };
    let (answer, start) = tokio::join!(name(&plane, &of_one), kill);
    assert_eq!(answer, "two");
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1_400), "{took:?}");
}
