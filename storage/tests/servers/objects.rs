//! The object store on S3: the conformance suite on a real server, and what is its own.

mod faults;
mod proxy;
mod uploads;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use protocol::ComponentDigest;
use storage::objects::s3::{AccessKey, S3, S3Options};
use storage::objects::{ObjectError, ObjectKey, ObjectStore as _, Put, SharedObjects};
use test_servers::{AccessKey as ServerKey, S3Server};
use tokio::task::JoinSet;

use crate::conformance::objects as conformance;

const BUCKET: &str = "objects";
/// Some parts, the last of which is not full.
const LARGE: usize = 17_000_000;

/// A server with an empty bucket, and a client that can do whatever the store can't.
struct Fixture {
    server: S3Server,
    client: Client,
}

impl Fixture {
    async fn start() -> Self {
        let fixture = Self::with(S3Server::start().unwrap());
        fixture.create_bucket().await;
        fixture
    }

    fn start_on_disk() -> Self {
        let key = ServerKey {
            id: "test".to_owned(),
            secret: "test".to_owned(),
        };
        Self::with(S3Server::start_on_disk(key, BUCKET).unwrap())
    }

    fn with(server: S3Server) -> Self {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.endpoint())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .force_path_style(true)
            .build();
        let client = Client::from_conf(config);
        Self { server, client }
    }

    async fn create_bucket(&self) {
        let create = self.client.create_bucket().bucket(BUCKET);
        create.send().await.unwrap();
    }

    /// Objects are large early, and faults show soon.
    fn options(&self) -> S3Options {
        let mut options = S3Options::new(BUCKET);
        options.endpoint = Some(self.server.endpoint());
        options.path_style = true;
        options.access_key = Some(AccessKey::new("test", "test"));
        options.multipart_bytes = 6 << 20;
        options.part_bytes = 5 << 20;
        options.attempt_timeout = Duration::from_secs(5);
        options.operation_timeout = Duration::from_secs(15);
        options
    }

    async fn open(&self) -> S3 {
        S3::open(self.options()).await.unwrap()
    }

    async fn put_otherwise(&self, name: &str, bytes: &'static [u8]) {
        let put = self.client.put_object().bucket(BUCKET).key(name);
        let put = put.body(ByteStream::from_static(bytes));
        put.send().await.unwrap();
    }

    /// Every name in the bucket, whatever it belongs to.
    async fn names(&self) -> Vec<String> {
        let list = self.client.list_objects_v2().bucket(BUCKET);
        let listed = list.send().await.unwrap();
        let names = listed.contents().iter().map(|object| object.key().unwrap());
        names.map(str::to_owned).collect()
    }

    /// How many uploads were begun and neither completed nor aborted.
    async fn uploads(&self) -> usize {
        let list = self.client.list_multipart_uploads().bucket(BUCKET);
        list.send().await.unwrap().uploads().len()
    }
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::component(ComponentDigest::of(name.as_bytes()))
}

macro_rules! conforms {
    ($objects:expr, $($check:ident $(($bytes:expr))?),* $(,)?) => {$(
        let outcome = conformance::$check($objects.clone() $(, $bytes)?).await;
        outcome.unwrap_or_else(|violation| panic!("{}: {violation}", stringify!($check)));
    )*};
}

async fn conforms_on(fixture: &Fixture) {
    let objects: SharedObjects = Arc::new(fixture.open().await);
    conforms!(
        objects,
        a_deleted_object_can_be_put_again,
        a_healthy_store_says_so,
        a_missing_object_is_not_found,
        an_empty_object_is_an_object,
        an_object_is_put_once,
        every_allowed_character_is_stored,
        large_objects_come_back_whole(LARGE),
        // Of the size at which one request and one part are just enough, and not any more.
        large_objects_come_back_whole(5 << 20),
        large_objects_come_back_whole((5 << 20) + 1),
        large_objects_come_back_whole(6 << 20),
        large_objects_come_back_whole((6 << 20) + 1),
        large_objects_come_back_whole(10 << 20),
        lists_are_ordered_and_go_on_page_by_page,
        lists_go_on_after_any_key,
        prefixes_end_anywhere,
        racing_large_puts_have_one_winner(LARGE),
        racing_puts_have_one_winner,
        ranges_lie_within_the_object,
    );
    assert_eq!(fixture.uploads().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms() {
    conforms_on(&Fixture::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_conforms_on_the_server_of_the_fault_suite() {
    conforms_on(&Fixture::start_on_disk()).await;
}

/// What the fault suite takes for granted of its server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_survives_kills_of_the_server_of_the_fault_suite() {
    let mut fixture = Fixture::start_on_disk();
    let objects = fixture.open().await;
    let mut put = Vec::new();
    for round in 0..5 {
        let mut puts = JoinSet::new();
        for number in 0..40 {
            let objects = objects.clone();
            puts.spawn(async move {
                let key = key(&format!("{round}/{number}"));
                let length = if number % 20 == 0 {
                    LARGE
                } else {
                    100 + number
                };
                let bytes = Bytes::from(vec![u8::try_from(number).unwrap(); length]);
                let outcome = objects.put_if_absent(&key, bytes.clone()).await;
                outcome.ok().map(|_| (key, bytes))
            });
        }
        // Some are through, and others under way.
        for _ in 0..20 {
            put.extend(puts.join_next().await.unwrap().unwrap());
        }
        fixture.server.kill();
        fixture.server.restart().unwrap();
        put.extend(puts.join_all().await.into_iter().flatten());
        for (key, bytes) in &put {
            assert!(
                objects.get(key).await.unwrap() == *bytes,
                "{key} is another"
            );
            let again = objects.put_if_absent(key, "another".into()).await;
            assert_eq!(again.unwrap(), Put::Existed);
        }
        let listed = objects.list("", None, 1_000).await.unwrap();
        let listed: HashSet<_> = listed.into_iter().map(|object| object.key).collect();
        assert!(put.iter().all(|(key, _)| listed.contains(key)));
    }
    assert!(put.len() >= 100, "{} objects are no load", put.len());
    objects.close().await;
}

#[tokio::test]
async fn stores_with_different_prefixes_share_a_bucket() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.prefix = "one/deep".to_owned();
    let one = S3::open(options.clone()).await.unwrap();
    options.prefix = "two/".to_owned();
    let two = S3::open(options).await.unwrap();
    assert_eq!(fixture.names().await, [""; 0], "the probe left something");
    for (store, bytes) in [(&one, "of one"), (&two, "of two")] {
        let put = store.put_if_absent(&key("x"), Bytes::from(bytes)).await;
        assert_eq!(put.unwrap(), Put::Created);
    }
    fixture
        .put_otherwise("one/deep/Not A Key", b"foreign")
        .await;
    fixture.put_otherwise("one/deeper", b"foreign").await;
    assert_eq!(one.get(&key("x")).await.unwrap(), "of one");
    assert_eq!(two.get(&key("x")).await.unwrap(), "of two");
    let listed = one.list("", None, 10).await.unwrap();
    let keys: Vec<_> = listed.into_iter().map(|object| object.key).collect();
    assert_eq!(keys, [key("x")]);
    one.delete(&key("x")).await.unwrap();
    assert_eq!(two.get(&key("x")).await.unwrap(), "of two");
}

/// Foreign names take places in the pages that a server gives, and none in those of the store.
#[tokio::test]
async fn foreign_names_leave_no_holes_in_a_list() {
    let fixture = Fixture::start().await;
    let objects = fixture.open().await;
    for index in 0..5 {
        let name = format!("components/ NOT A KEY {index}");
        fixture.put_otherwise(&name, b"foreign").await;
    }
    let mut keys: Vec<_> = ["1", "2", "3"].map(key).into();
    keys.sort();
    for key in &keys {
        objects.put_if_absent(key, "own".into()).await.unwrap();
    }
    let listed = objects.list("components/", None, 2).await.unwrap();
    let found: Vec<_> = listed.into_iter().map(|object| object.key).collect();
    assert_eq!(found, keys[..2]);
}

#[tokio::test]
async fn a_changed_object_is_noticed() {
    let fixture = Fixture::start().await;
    let objects = fixture.open().await;
    let name = key("x").to_string();
    let put = fixture.client.put_object().bucket(BUCKET).key(&name);
    let put = put.metadata("crc32c", "00000001");
    let put = put.body(ByteStream::from_static(b"other bytes"));
    put.send().await.unwrap();
    let error = objects.get(&key("x")).await.unwrap_err().to_string();
    assert!(
        error.contains("checksum") && error.contains(&name),
        "{error}"
    );
    // What something else wrote has no checksum to compare with.
    fixture
        .put_otherwise(&key("y").to_string(), b"foreign")
        .await;
    assert_eq!(objects.get(&key("y")).await.unwrap(), "foreign");
}

#[tokio::test]
async fn an_object_that_is_too_large_is_not_read() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.object_bytes_max = 1_000;
    let objects = S3::open(options).await.unwrap();
    let key = key("x");
    let put = objects.put_if_absent(&key, Bytes::from(vec![1; 1_001]));
    assert_eq!(put.await.unwrap(), Put::Created);
    let error = objects.get(&key).await.unwrap_err();
    assert!(matches!(error, ObjectError::Unavailable(_)), "{error}");
    assert_eq!(
        objects.get_range(&key, 1..1_001).await.unwrap().len(),
        1_000
    );
}
