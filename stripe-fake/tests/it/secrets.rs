//! Secrets of endpoints, and how they are rolled.

use crate::api::{Api, HOUR, NOW};
use crate::receiver::{Receiver, Webhook};

const DAY: u64 = 24 * HOUR;

#[tokio::test]
async fn a_rolled_secret_signs_for_a_day_more() {
    let api = Api::start().await;
    let receiver = Receiver::start().await;
    let rolled = receiver
        .listen(&api, "/rolled", &["customer.updated"])
        .await;
    let other = receiver.listen(&api, "/other", &["customer.updated"]).await;
    let text =
        |endpoint: &serde_json::Value, field: &str| endpoint[field].as_str().unwrap().to_owned();
    let (old, others) = (text(&rolled, "secret"), text(&other, "secret"));
    assert_ne!(old, others);
    let customer = api.post("/v1/customers", "name=first").await;
    let path = format!("/v1/customers/{}", text(&customer, "id"));
    // What the two addresses get when the customer changes now.
    let told = async || -> [Webhook; 2] {
        let before = receiver.asked().len();
        let name = format!("name={before}");
        api.post(&path, &name).await;
        api.fake.deliver().await;
        let mut asked = receiver.asked().split_off(before);
        asked.sort_by_key(|it| it.path != "/rolled");
        asked.try_into().unwrap()
    };

    let [it, _] = told().await;
    assert!(it.is_signed(&old, NOW));
    assert_eq!(it.signatures(), 1);
    let new = api.fake.roll_secret(&text(&rolled, "id")).unwrap();
    assert_ne!(new, old);
    for time in [NOW, NOW + DAY - 1] {
        api.fake.advance_to(time).await;
        let [it, other] = told().await;
        assert!(it.is_signed(&old, time) && it.is_signed(&new, time));
        assert_eq!(it.signatures(), 2);
        assert!(other.is_signed(&others, time));
        assert_eq!(other.signatures(), 1);
    }
    api.fake.advance_to(NOW + DAY).await;
    let [it, _] = told().await;
    assert!(it.is_signed(&new, NOW + DAY));
    assert_eq!(it.signatures(), 1);
    assert_eq!(api.fake.roll_secret("we_nothing"), None);
}
