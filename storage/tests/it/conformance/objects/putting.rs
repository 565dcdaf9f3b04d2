//! Who may write a key, and what it holds afterwards.

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{Folder, Violation, ensure_bytes, ensure_equal, ensure_not_found, pattern, put_new};
use storage::objects::{Put, SharedObjects};

const RACERS: u64 = 8;

/// A key is written once; a second put changes nothing and says so.
pub(crate) async fn an_object_is_put_once(objects: SharedObjects) -> Result<(), Violation> {
    let key = Folder::new().key("object");
    put_new(&objects, &key, "first").await?;
    for bytes in ["second", "first", ""] {
        let put = objects.put_if_absent(&key, bytes.into()).await?;
        ensure_equal("a put of an object that exists", put, Put::Existed)?;
        ensure_bytes("the object", &objects.get(&key).await?, b"first")?;
    }
    Ok(())
}

/// Of puts at the same time exactly one creates the object, and its bytes stay.
pub(crate) async fn racing_puts_have_one_winner(objects: SharedObjects) -> Result<(), Violation> {
    for _ in 0..10 {
        race(&objects, 10_000).await?;
    }
    Ok(())
}

/// The same for objects of a size that a store may treat differently.
pub(crate) async fn racing_large_puts_have_one_winner(
    objects: SharedObjects,
    bytes: usize,
) -> Result<(), Violation> {
    race(&objects, bytes).await
}

async fn race(objects: &SharedObjects, length: usize) -> Result<(), Violation> {
    let key = Folder::new().key("object");
    let mut puts = JoinSet::new();
    for racer in 0..RACERS {
        let (objects, key) = (objects.clone(), key.clone());
        let bytes = pattern(length, racer);
        puts.spawn(async move { (racer, objects.put_if_absent(&key, bytes).await) });
    }
    let mut winners = Vec::new();
    for (racer, put) in puts.join_all().await {
        if put? == Put::Created {
            winners.push(racer);
        }
    }
    ensure_equal("puts that created the object", winners.len(), 1)?;
    let found = objects.get(&key).await?;
    let wanted = winners.first().map(|racer| pattern(length, *racer));
    ensure_bytes("the winner's object", &found, &wanted.unwrap_or_default())
}

/// Once an object is gone, its key is free.
pub(crate) async fn a_deleted_object_can_be_put_again(
    objects: SharedObjects,
) -> Result<(), Violation> {
    let key = Folder::new().key("object");
    for bytes in ["first", "second"] {
        put_new(&objects, &key, bytes).await?;
        ensure_bytes("the object", &objects.get(&key).await?, bytes.as_bytes())?;
        objects.delete(&key).await?;
        objects.delete(&key).await?;
        ensure_not_found("a get", &objects.get(&key).await)?;
    }
    Ok(())
}

/// Keys are taken literally, whatever their characters mean to a file system or in a URL.
pub(crate) async fn every_allowed_character_is_stored(
    objects: SharedObjects,
) -> Result<(), Violation> {
    let folder = Folder::new();
    let long = "l".repeat(200);
    let mut names = vec![
        "abcdefghijklmnopqrstuvwxyz",
        "0123456789",
        "-_.-",
        "a..b",
        "a.",
        "-",
        "_",
        "--option",
        "deep/er/and/deep-er/still",
        &long,
    ];
    for name in &names {
        put_new(&objects, &folder.key(name), Bytes::from((*name).to_owned())).await?;
    }
    for name in &names {
        let found = objects.get(&folder.key(name)).await?;
        ensure_bytes(name, &found, name.as_bytes())?;
    }
    names.sort_unstable();
    let listed = folder.list(&objects, "", None, 100).await?;
    let names = names.into_iter().map(str::to_owned).collect();
    ensure_equal("the listed keys", listed, names)
}
