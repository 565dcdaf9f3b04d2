//! Uploads that lose a race, are given up, or whose answer is lost; downloads that break off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use storage::objects::s3::S3;
use storage::objects::{ObjectStore as _, Put};
use tokio::time::{Instant, sleep};

use super::proxy::{Answer, Proxy, error_answer};
use super::{BUCKET, Fixture, LARGE, key};

const POLL: Duration = Duration::from_millis(20);
const TIMEOUT: Duration = Duration::from_secs(60);

/// Many parts, so that something can happen while they travel.
fn huge() -> Bytes {
    vec![7; 60_000_000].into()
}

async fn until_uploads_are(fixture: &Fixture, wanted: usize) {
    let start = Instant::now();
    while fixture.uploads().await != wanted {
        assert!(start.elapsed() < TIMEOUT, "there never were {wanted}");
        sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_that_loses_the_race_leaves_no_parts() {
    let fixture = Fixture::start().await;
    let objects = fixture.open().await;
    let key = key("x");
    let upload = objects.put_if_absent(&key, huge());
    let rival = async {
        until_uploads_are(&fixture, 1).await;
        fixture.put_otherwise(key.as_str(), b"the rival's").await;
    };
    let (put, ()) = tokio::join!(upload, rival);
    assert_eq!(put.unwrap(), Put::Existed);
    assert_eq!(fixture.uploads().await, 0);
    assert_eq!(objects.get(&key).await.unwrap(), "the rival's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_caller_gives_up_comes_to_an_end() {
    let fixture = Fixture::start().await;
    let objects = fixture.open().await;
    let key = key("x");
    tokio::select! {
        put = objects.put_if_absent(&key, huge()) => panic!("it was too fast: {put:?}"),
        () = until_uploads_are(&fixture, 1) => {}
    }
    objects.close().await;
    assert_eq!(fixture.uploads().await, 0);
    assert_eq!(objects.get(&key).await.unwrap(), huge());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_are_removed_once_a_server_that_hung_is_back() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.attempts = 2;
    options.attempt_timeout = Duration::from_secs(2);
    let objects = S3::open(options).await.unwrap();
    let key = key("x");
    let upload = objects.put_if_absent(&key, huge());
    let hang = async {
        until_uploads_are(&fixture, 1).await;
        fixture.server.pause();
    };
    let (put, ()) = tokio::join!(upload, hang);
    let error = put.unwrap_err().to_string();
    assert!(error.contains("not available"), "{error}");
    fixture.server.resume();
    until_uploads_are(&fixture, 0).await;
    objects.close().await;
    assert_eq!(fixture.names().await, [""; 0]);
}

/// A proxy that loses the first answers to requests for which this holds.
async fn losing(
    fixture: &Fixture,
    losses: &Arc<AtomicUsize>,
    bytes: usize,
    applies: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
) -> Proxy {
    let losses = Arc::clone(losses);
    let trick = move |request: &mut [u8]| {
        if applies(request) && one_less(&losses) {
            Answer::Cut(bytes)
        } else {
            Answer::Whole
        }
    };
    Proxy::start(&fixture.server.endpoint(), trick).await
}

/// Counts down; whether there was anything left.
fn one_less(count: &AtomicUsize) -> bool {
    let fewer = |left: usize| left.checked_sub(1);
    let counted = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer);
    counted.is_ok()
}

/// Whether a request is the one that decides over a put: all of a small one, the end of a large.
fn decides(request: &[u8]) -> bool {
    const UPLOAD: &[u8] = b"uploadId=";
    let of_upload = request.windows(UPLOAD.len()).any(|window| window == UPLOAD);
    match of_upload {
        false => request.starts_with(b"PUT "),
        true => request.starts_with(b"POST "),
    }
}

/// The server has stored it, the client does not know: tried again, it finds its own object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_whose_answer_is_lost_was_still_this_put() {
    let fixture = Fixture::start().await;
    let losses = Arc::new(AtomicUsize::new(0));
    let proxy = losing(&fixture, &losses, 0, decides).await;
    let mut options = fixture.options();
    options.endpoint = Some(proxy.endpoint());
    let objects = S3::open(options).await.unwrap();
    for (name, length) in [("small", 1_000), ("large", LARGE)] {
        losses.store(1, Ordering::SeqCst);
        let bytes = Bytes::from(vec![5; length]);
        let put = objects.put_if_absent(&key(name), bytes.clone()).await;
        assert_eq!(put.unwrap(), Put::Created, "{name}");
        assert_eq!(losses.load(Ordering::SeqCst), 0, "{name}: nothing was lost");
        let put = objects.put_if_absent(&key(name), bytes.clone()).await;
        assert_eq!(put.unwrap(), Put::Existed, "{name}");
        assert_eq!(objects.get(&key(name)).await.unwrap(), bytes);
    }
    assert_eq!(fixture.uploads().await, 0);
}

/// S3 answers so while another write of the key is under way, which may fail yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_that_met_another_one_is_tried_again() {
    let fixture = Fixture::start().await;
    let conflicts = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&conflicts);
    let conflict = error_answer("409 Conflict", "", "ConditionalRequestConflict");
    let trick = move |request: &mut [u8]| match decides(request) && one_less(&left) {
        true => Answer::Instead(conflict.clone()),
        false => Answer::Whole,
    };
    let proxy = Proxy::start(&fixture.server.endpoint(), trick).await;
    let mut options = fixture.options();
    options.endpoint = Some(proxy.endpoint());
    options.attempts = 3;
    let objects = S3::open(options).await.unwrap();
    for (name, length) in [("small", 1_000), ("large", LARGE)] {
        conflicts.store(2, Ordering::SeqCst);
        let bytes = Bytes::from(vec![5; length]);
        let put = objects.put_if_absent(&key(name), bytes.clone()).await;
        assert_eq!(put.unwrap(), Put::Created, "{name}");
        assert_eq!(conflicts.load(Ordering::SeqCst), 0, "{name}: no conflict");
        assert_eq!(objects.get(&key(name)).await.unwrap(), bytes);
    }
    conflicts.store(usize::MAX, Ordering::SeqCst);
    let put = objects.put_if_absent(&key("never"), "bytes".into()).await;
    let error = put.unwrap_err().to_string();
    assert!(error.contains("3 times in a row"), "{error}");
    objects.close().await;
    assert_eq!(fixture.uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_goes_on_where_it_broke_off() {
    let fixture = Fixture::start().await;
    let losses = Arc::new(AtomicUsize::new(0));
    let object = format!("GET /{BUCKET}/components/");
    let is_get = move |request: &[u8]| request.starts_with(object.as_bytes());
    let proxy = losing(&fixture, &losses, 3_000_000, is_get).await;
    let mut options = fixture.options();
    options.endpoint = Some(proxy.endpoint());
    let objects = S3::open(options.clone()).await.unwrap();
    let bytes: Bytes = (0..=250).cycle().take(LARGE).collect();
    objects
        .put_if_absent(&key("x"), bytes.clone())
        .await
        .unwrap();
    losses.store(3, Ordering::SeqCst);
    let got = objects.get(&key("x")).await.unwrap();
    assert!(got == bytes, "other bytes came back");
    assert_eq!(losses.load(Ordering::SeqCst), 0, "nothing broke off");
    let object = format!("GET /{BUCKET}/components/");
    let is_get = move |request: &[u8]| request.starts_with(object.as_bytes());
    let proxy = losing(&fixture, &losses, 1_000, is_get).await;
    options.endpoint = Some(proxy.endpoint());
    let objects = S3::open(options).await.unwrap();
    losses.store(usize::MAX, Ordering::SeqCst);
    let error = objects.get(&key("x")).await.unwrap_err().to_string();
    assert!(error.contains("the download"), "{error}");
}
