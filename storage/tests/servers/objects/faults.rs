//! Servers that hang, die, refuse, or do not do what they are asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use storage::objects::s3::{AccessKey, OpenError, S3};
use storage::objects::{ObjectError, ObjectStore as _, Put};

use super::proxy::{Answer, Proxy, error_answer};
use super::{Fixture, LARGE, key};

/// Of these, `Unavailable` with a text that names what was tried.
fn unavailable<T: std::fmt::Debug>(outcome: Result<T, ObjectError>, operation: &str) -> String {
    match outcome {
        Err(ObjectError::Unavailable(text)) => {
            assert!(text.starts_with(operation), "{text}");
            text
        }
        other => panic!("{operation} gave {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_unavailable_in_time() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.attempt_timeout = Duration::from_secs(1);
    options.operation_timeout = Duration::from_secs(3);
    options.attempts = 10;
    let objects = S3::open(options).await.unwrap();
    let (there, new, other) = (key("there"), key("new"), key("other"));
    objects.put_if_absent(&there, "bytes".into()).await.unwrap();
    fixture.server.pause();
    let start = Instant::now();
    let (get, range, small, large, delete, list, health) = tokio::join!(
        objects.get(&there),
        objects.get_range(&there, 0..2),
        objects.put_if_absent(&new, "small".into()),
        objects.put_if_absent(&other, vec![1; LARGE].into()),
        objects.delete(&other),
        objects.list("", None, 10),
        objects.health(),
    );
    // Time-outs of 3 seconds, and a machine that may be busy.
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    let text = unavailable(get, &format!("get {there}"));
    assert!(
        text.contains("no ") && text.contains("answer within"),
        "{text}"
    );
    unavailable(range, "get a range");
    unavailable(small, &format!("put {new}"));
    unavailable(large, "put ");
    unavailable(delete, "delete ");
    unavailable(list, "list ");
    assert!(health.unwrap_err().contains("answer within"));
    fixture.server.resume();
    assert_eq!(objects.get(&there).await.unwrap(), "bytes");
    // The server may have stored what it was sent before it hung; either is right.
    objects.put_if_absent(&new, "small".into()).await.unwrap();
    assert_eq!(objects.get(&new).await.unwrap(), "small");
    objects.health().await.unwrap();
    objects.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_is_unavailable_until_it_is_back() {
    let mut fixture = Fixture::start().await;
    let objects = fixture.open().await;
    let key = key("x");
    objects.put_if_absent(&key, "bytes".into()).await.unwrap();
    fixture.server.kill();
    unavailable(objects.get(&key).await, &format!("get {key}"));
    let put = objects.put_if_absent(&key, "bytes".into()).await;
    let text = unavailable(put, &format!("put {key}"));
    assert!(text.contains("can't reach http://127.0.0.1"), "{text}");
    assert!(objects.health().await.is_err());
    fixture.server.restart().unwrap();
    // It has forgotten everything, and a bucket that is gone is no missing object.
    let text = unavailable(objects.get(&key).await, "get ");
    assert!(text.contains("bucket objects does not exist"), "{text}");
    fixture.create_bucket().await;
    let missing = objects.get(&key).await.unwrap_err();
    assert!(matches!(missing, ObjectError::NotFound(_)), "{missing}");
    let put = objects.put_if_absent(&key, "bytes".into()).await;
    assert_eq!(put.unwrap(), Put::Created);
    objects.health().await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_named() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.bucket = "another".to_owned();
    let error = S3::open(options).await.unwrap_err();
    assert!(matches!(error, OpenError::NoBucket { .. }), "{error}");
    assert!(error.to_string().contains("another"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let mut fixture = Fixture::start().await;
    fixture.server.kill();
    let mut options = fixture.options();
    options.attempts = 2;
    let error = S3::open(options).await.unwrap_err().to_string();
    let endpoint = fixture.server.endpoint();
    assert!(
        error.contains(&format!("can't reach {endpoint}")),
        "{error}"
    );
    assert!(error.contains("refused"), "{error}");
}

/// From here on the server checks who asks.
fn demand_credentials(endpoint: &str) {
    let host = endpoint.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let request = format!(
        "POST /moto-api/reset-auth HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Length: 1\r\n\r\n0"
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_without_its_secret() {
    let fixture = Fixture::start().await;
    let mut options = fixture.options();
    options.access_key = Some(AccessKey::new("AKIAUNKNOWN", "hush-hush"));
    let before = S3::open(options.clone()).await.unwrap();
    demand_credentials(&fixture.server.endpoint());
    let error = S3::open(options).await.unwrap_err();
    assert!(matches!(error, OpenError::Denied { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("access key is not known"), "{text}");
    assert!(text.contains("list objects"), "{text}");
    let put = before.put_if_absent(&key("x"), "bytes".into()).await;
    let later = unavailable(put, "put ");
    assert!(later.contains("access key is not known"), "{later}");
    for text in [text, later, format!("{error:?}"), format!("{before:?}")] {
        assert!(!text.contains("hush-hush"), "{text}");
    }
}

/// A proxy that hides the condition from the server, of the requests that begin so.
async fn forgetful(fixture: &Fixture, begin: &'static [u8]) -> Proxy {
    let trick = move |request: &mut [u8]| {
        const CONDITION: &[u8] = b"if-none-match";
        let mut windows = request.windows(CONDITION.len());
        if request.starts_with(begin)
            && let Some(place) = windows.position(|window| window == CONDITION)
        {
            request[place] = b'x';
        }
        Answer::Whole
    };
    Proxy::start(&fixture.server.endpoint(), trick).await
}

#[tokio::test]
async fn a_server_that_ignores_conditions_is_refused() {
    let fixture = Fixture::start().await;
    for (begin, operation) in [
        (b"PUT ".as_slice(), "put an object"),
        (b"POST ".as_slice(), "put an object in parts"),
    ] {
        let proxy = forgetful(&fixture, begin).await;
        let mut options = fixture.options();
        options.endpoint = Some(proxy.endpoint());
        match S3::open(options).await {
            Err(OpenError::ConditionsIgnored {
                operation: found, ..
            }) => assert_eq!(found, operation),
            other => panic!("{operation}: {other:?}"),
        }
        assert_eq!(fixture.names().await, [""; 0]);
        assert_eq!(fixture.uploads().await, 0);
    }
    fixture.open().await;
}

/// What an operator reads when a server gives such an answer to everything.
async fn refusal(fixture: &Fixture, status: &str, headers: &str, code: &str) -> OpenError {
    let answer = error_answer(status, headers, code);
    let trick = move |_: &mut [u8]| Answer::Instead(answer.clone());
    let proxy = Proxy::start(&fixture.server.endpoint(), trick).await;
    let mut options = fixture.options();
    options.endpoint = Some(proxy.endpoint());
    options.attempts = 2;
    S3::open(options).await.unwrap_err()
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let fixture = Fixture::start().await;
    let region = "x-amz-bucket-region: eu-west-7\r\n";
    for (status, headers, code, wanted) in [
        (
            "301 Moved Permanently",
            region,
            "PermanentRedirect",
            "in the region eu-west-7",
        ),
        (
            "400 Bad Request",
            "",
            "AuthorizationHeaderMalformed",
            "in another region",
        ),
        (
            "403 Forbidden",
            "",
            "AccessDenied",
            "the credentials don't permit it",
        ),
        (
            "403 Forbidden",
            "",
            "SignatureDoesNotMatch",
            "the secret key is not the one",
        ),
        (
            "403 Forbidden",
            "",
            "RequestTimeTooSkewed",
            "this machine's clock is wrong",
        ),
        (
            "400 Bad Request",
            "",
            "ExpiredToken",
            "the session token is of no use",
        ),
        (
            "501 Not Implemented",
            "",
            "NotImplemented",
            "the server answered 501",
        ),
        (
            "503 Slow Down",
            "",
            "SlowDown",
            "the server answered 503 SlowDown: No, because.",
        ),
    ] {
        let error = refusal(&fixture, status, headers, code).await;
        let text = error.to_string();
        assert!(text.contains(wanted), "{text}");
        assert!(!text.contains("Signature="), "{text}");
        let kind = match error {
            OpenError::OtherRegion(_) => "region",
            OpenError::Denied { .. } => "denied",
            _ => "",
        };
        let of_status = match status {
            "403 Forbidden" => "denied",
            _ if wanted.contains("token") => "denied",
            _ if wanted.contains("region") => "region",
            _ => "",
        };
        assert_eq!(kind, of_status, "{text}");
    }
}

#[tokio::test]
async fn a_full_server_is_full() {
    let fixture = Fixture::start().await;
    let answer = error_answer("507 Insufficient Storage", "", "InsufficientStorage");
    let trick = move |request: &mut [u8]| {
        let object = b"PUT /objects/components/";
        match request.starts_with(object) {
            true => Answer::Instead(answer.clone()),
            false => Answer::Whole,
        }
    };
    let proxy = Proxy::start(&fixture.server.endpoint(), trick).await;
    let mut options = fixture.options();
    options.endpoint = Some(proxy.endpoint());
    let objects = S3::open(options).await.unwrap();
    let put = objects.put_if_absent(&key("x"), "bytes".into()).await;
    assert!(matches!(put, Err(ObjectError::Full)), "{put:?}");
}
