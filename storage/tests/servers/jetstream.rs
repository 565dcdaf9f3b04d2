//! The JetStream event log: the conformance suite on one server and on three, and what is its own.

use std::sync::Arc;

use storage::event_log::SharedEventLog;
use storage::event_log::jetstream::{JetStreamEventLog, JetStreamOptions};
use storage::nats::NatsOptions;
use test_servers::{NatsCluster, NatsServer, Shared};

mod faults;

/// Servers for all tests that don't disturb them; each test has streams of its own.
static SERVER: Shared<NatsServer> = Shared::new();
static CLUSTER: Shared<NatsCluster> = Shared::new();

fn one_server() -> (Arc<NatsServer>, JetStreamOptions) {
    let server = SERVER.get(NatsServer::start).unwrap();
    let options = on_one(&server);
    (server, options)
}

fn three_servers() -> (Arc<NatsCluster>, JetStreamOptions) {
    let cluster = CLUSTER.get(|| NatsCluster::start(3)).unwrap();
    let options = on_three(&cluster);
    (cluster, options)
}

fn on(servers: Vec<String>, monitors: Vec<String>, replicas: usize) -> JetStreamOptions {
    JetStreamOptions {
        nats: NatsOptions {
            servers,
            prefix: format!("t{:016x}", rand::random::<u64>()),
            ..NatsOptions::default()
        },
        monitors,
        replicas,
        shards: 2,
        ..JetStreamOptions::default()
    }
}

fn on_one(server: &NatsServer) -> JetStreamOptions {
    on(vec![server.url()], vec![server.monitor_url()], 1)
}

fn on_three(cluster: &NatsCluster) -> JetStreamOptions {
    on(cluster.urls(), cluster.monitor_urls(), 3)
}

async fn open(options: JetStreamOptions) -> JetStreamEventLog {
    JetStreamEventLog::open(options).await.unwrap()
}

fn shared(event_log: &JetStreamEventLog) -> SharedEventLog {
    Arc::new(event_log.clone())
}

macro_rules! conforms {
    ($servers:ident: $($check:ident),* $(,)?) => {
        mod $servers {
            use crate::conformance::event_log as conformance;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let (_servers, options) = super::$servers();
                    let event_log = super::open(options).await;
                    conformance::$check(super::shared(&event_log)).await.unwrap();
                    event_log.close().await;
                }
            )*

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn frames_survive_reopening() {
                let (_servers, options) = super::$servers();
                let event_log = super::open(options.clone()).await;
                let reopen = async || {
                    event_log.close().await;
                    super::shared(&super::open(options.clone()).await)
                };
                conformance::frames_survive_reopening(super::shared(&event_log), reopen)
                    .await
                    .unwrap();
            }
        }
    };
    ($($servers:ident),*) => {$(
        conforms!(
            $servers:
            a_deleted_log_stays_deleted,
            a_frame_of_ten_megabytes_is_stored,
            a_subscriber_hears_of_every_frame,
            a_wrong_expectation_is_a_conflict,
            an_empty_log_has_no_frames,
            many_publishers_of_many_logs_are_independent,
            many_publishers_of_one_log_never_overwrite,
            reads_are_bounded_and_gapless,
            frames_are_found_by_their_time,
            reads_go_back,
            tails_have_no_gap,
            trimming_keeps_the_newest_frame,
    shards_hold_every_frame_in_order,
        );
    )*};
}

conforms!(one_server, three_servers);

async fn refusal(options: JetStreamOptions) -> String {
    match JetStreamEventLog::open(options).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn servers_that_could_lose_what_they_acknowledge_are_refused() {
    let careless = NatsServer::start_without_sync().unwrap();
    let options = on_one(&careless);
    let text = refusal(options.clone()).await;
    assert!(text.contains("set sync_interval to always"), "{text}");
    assert!(text.contains("--allow-unsafe-durability"), "{text}");

    let unknown = JetStreamOptions {
        monitors: Vec::new(),
        ..options.clone()
    };
    let text = refusal(unknown).await;
    assert!(text.contains("no monitoring page is named"), "{text}");

    let accepted = JetStreamOptions {
        allow_unsafe_durability: true,
        ..options.clone()
    };
    open(accepted).await.close().await;

    let away = JetStreamOptions {
        monitors: vec!["http://127.0.0.1:1".to_owned()],
        ..options
    };
    let text = refusal(away).await;
    assert!(text.contains("can't be read"), "{text}");
}

#[tokio::test]
async fn settings_that_do_not_fit_the_streams_are_refused() {
    let (_server, options) = one_server();
    open(options.clone()).await.close().await;
    let other = JetStreamOptions {
        shards: 3,
        ..options.clone()
    };
    let text = refusal(other).await;
    assert!(text.contains("2 shards"), "{text}");
    let more = JetStreamOptions {
        replicas: 3,
        ..options.clone()
    };
    let text = refusal(more).await;
    assert!(text.contains("has 1 replicas and should have 3"), "{text}");
    let no_shards = JetStreamOptions {
        shards: 0,
        ..options.clone()
    };
    let text = refusal(no_shards).await;
    assert!(text.contains("shards must be 1 to 1,024"), "{text}");
    let with_nats = |change: fn(&mut NatsOptions)| {
        let mut options = options.clone();
        change(&mut options.nats);
        options
    };
    let text = refusal(with_nats(|nats| nats.prefix = "a.b".to_owned())).await;
    assert!(text.contains("prefix"), "{text}");
    let text = refusal(with_nats(|nats| nats.servers.clear())).await;
    assert!(text.contains("no NATS server is named"), "{text}");
    let away = with_nats(|nats| nats.servers = vec!["nats://127.0.0.1:1".to_owned()]);
    let text = refusal(away).await;
    assert!(text.contains("can't be reached"), "{text}");
}
