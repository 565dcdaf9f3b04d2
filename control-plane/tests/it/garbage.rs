//! Requests that no client would send.

use reqwest::Method;

use crate::client::send;
use crate::openapi::operations;
use crate::server::Server;

/// A small generator of pseudo-random numbers (SplitMix64), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        let index = self.next() % choices.len() as u64;
        choices[usize::try_from(index).unwrap()]
    }
}

const SEGMENTS: &[&str] = &[
    "a",
    "none",
    "..%2f",
    "%00",
    "%ff",
    "%",
    "é",
    "0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f",
    "a%20b",
    "{log}",
    "*",
    "'; DROP TABLE logs; --",
];
const QUERIES: &[&str] = &[
    "",
    "?",
    "?from=-1",
    "?limit=99999999999999999999",
    "?after=1e3",
    "?cursor=%00",
    "?delimiter=%",
    "?from=1&from=2",
    "?version=0",
    "?timeout_ms=-1",
    "?direction=%ff",
    "?&&&=&=",
    "?as_of=1",
    "?content_type=%0d%0a",
];
const BODIES: &[&str] = &[
    "",
    "{}",
    "[]",
    "null",
    "\"",
    "{\"name\":",
    "{\"name\":{}}",
    "[[[[[[[[[[[[[[[[[[[[",
    "\0asm\x01\0\0\0",
    "{\"name\":\"\\ud800\"}",
    "\u{feff}{}",
    "{\"email\":1,\"token\":[]}",
];
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("content-type", "application/json; charset=\"\u{e9}"),
    ("content-type", ";;;"),
    ("content-type", "application/x-ndjson"),
    ("accept", "text/html"),
    ("accept", ";q=,,*"),
    ("idempotency-key", "\u{e9}"),
    ("expected-sequence", "0x1"),
    ("if-none-match", "\"\u{1f600}"),
    ("range", "bytes=9-1"),
    ("content-encoding", "gzip"),
];

#[tokio::test]
async fn invariant_11_every_error_answer_is_the_documented_one() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let operations = operations();
    let mut random = Random(11);
    let mut statuses = std::collections::BTreeMap::<u16, u32>::new();
    for _ in 0..1_500 {
        let index = usize::try_from(random.next()).unwrap() % operations.len();
        let (method, template, _) = &operations[index];
        // The test's own key and log have to survive it.
        if method == "DELETE" || template.ends_with("logout") {
            continue;
        }
        let mut path = template.clone();
        for placeholder in ["{log}", "{view}", "{id}"] {
            path = path.replace(placeholder, random.pick(SEGMENTS));
        }
        path.push_str(random.pick(QUERIES));
        let methods = [method.as_str(), method.as_str(), "PUT", "OPTIONS", "PATCH"];
        let method: Method = random.pick(&methods).parse().unwrap();
        let mut request = owner.request(method, &path);
        for _ in 0..random.next() % 3 {
            let index = usize::try_from(random.next()).unwrap() % HEADERS.len();
            let (name, value) = HEADERS[index];
            request = request.header(name, value.as_bytes());
        }
        let answer = send(request.body(*random.pick(&BODIES.iter().collect::<Vec<_>>()))).await;
        assert_ne!(answer.status, 500, "{path}: {}", answer.text());
        *statuses.entry(answer.status.as_u16()).or_default() += 1;
    }
    for status in [200, 400, 404, 405, 415] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
    owner.get("/logs/a").await.expect(200);
}
