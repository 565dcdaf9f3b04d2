//! Connections that break in the middle of a commit: what was done is said to be done.

use catalog::{Catalog, CatalogError, LogRef, Refusal};

use super::database::options;
use super::proxy::{NextCommit, Proxy};
use super::suite::control_events::GAPS;
use super::suite::{Fixture, by, name, new_log};

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_out() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let proxy = Proxy::start(&fixture.database.url).await;
    let url = proxy.url(&fixture.database.url);
    let catalog = Catalog::open_postgres(&url, &options(), fixture.clock.clone())
        .await
        .unwrap();
    let mut changes = catalog.changes();
    for (next, text, made) in [
        (NextCommit::IsAnsweredToNobody, "answered", true),
        (NextCommit::IsLost, "lost", false),
        (NextCommit::Passes, "last", true),
    ] {
        proxy.set_next_commit(next);
        let created = catalog
            .create_log(&access, by(&access), new_log(text))
            .await;
        let stored = LogRef::Name(name(text));
        let stored = fixture.catalog.log(&access, &stored).await.unwrap();
        assert_eq!(stored.is_some(), made, "{text}");
        match created {
            Ok(log) => assert_eq!(stored, Some(log)),
            Err(Refusal::Catalog(CatalogError::Unavailable(text))) => {
                assert!(!made && text.contains("nothing was changed"), "{text}");
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(changes.try_recv().is_ok(), made, "{text}");
    }
    assert_eq!(fixture.database.number(GAPS).await, 0);
}
