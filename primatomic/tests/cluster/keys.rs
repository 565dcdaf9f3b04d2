//! Keys that end on one control plane while another one remembers them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

/// Somebody who is invited, accepts and logs in; gives their id, too.
fn join(owner: &Member, node: &Node, email: &str) -> (Member, String) {
    let call = |caller: &Member, path: &str, body: &Value| {
        let answer = caller.call(Method::POST, node, path, body);
        answer.unwrap()
    };
    let text = |answer: &Value, field: &str| answer[field].as_str().unwrap().to_owned();
    let anyone = owner.with_token("");
    let invited = json!({ "email": email, "role": "admin" });
    call(owner, "/tenants/me/invitations", &invited);
    let path = format!(
        "/invitations/{}/accept",
        node.mailed_token("invite").unwrap()
    );
    let credentials = json!({ "email": email, "password": "correct horse" });
    call(&anyone, &path, &credentials);
    let session = call(&anyone, "/auth/login", &credentials);
    let members = owner.call(Method::GET, node, "/tenants/me/members", &Value::Null);
    let members = members.unwrap();
    let members = members["members"].as_array().unwrap();
    let member = members.iter().find(|it| it["email"] == email).unwrap();
    let member = text(member, "user_id");
    (owner.with_token(text(&session, "access_token")), member)
}

#[test]
fn an_earlier_secret_ends_everywhere_with_the_person_who_gave_it() {
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let planes = [(); 2].map(|()| stores.run("control-plane").unwrap());
    let owner = Member::register(&planes[0], "acme").unwrap();
    let (grace, id) = join(&owner, &planes[0], "grace@acme.example");
    let (first, key) = grace.create_key(&planes[0], "ingest").unwrap();
    // The owner takes the key over, with the usual overlap.
    let path = format!("/keys/{key}/rotate");
    let rotated = owner.call(Method::POST, &planes[0], &path, &json!({}));
    let second = rotated.unwrap()["key"].as_str().unwrap().to_owned();
    let [first, second] = [first, second].map(|secret| owner.with_token(secret));
    let status = |holder: &Member, plane: &Node| {
        let asked = holder.send(Method::GET, plane, "/logs", "", "application/json");
        asked.unwrap().status()
    };
    for plane in &planes {
        assert_eq!(status(&first, plane), 200);
        assert_eq!(status(&second, plane), 200);
    }
    let path = format!("/tenants/me/members/{id}");
    let removed = owner.call(Method::DELETE, &planes[0], &path, &Value::Null);
    removed.unwrap();
    let start = Instant::now();
    // At once where it was asked for, and within a second where it is heard of.
    assert_eq!(status(&first, &planes[0]), 401);
    while status(&first, &planes[1]) == 200 {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "an earlier secret is still let in"
        );
    }
    println!("a removal was noticed after {:?}", start.elapsed());
    for plane in &planes {
        assert_eq!(status(&first, plane), 401);
        assert_eq!(status(&second, plane), 200);
    }
}
