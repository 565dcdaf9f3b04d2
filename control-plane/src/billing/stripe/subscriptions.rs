//! Subscriptions.

use catalog::SubscriptionStatus;
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription,
    UpdateSubscription, UpdateSubscriptionItems, UpdateSubscriptionProrationBehavior as Proration,
};
use stripe_shared::SubscriptionStatus as Status;

use super::{LIST_LIMIT, Stripe, StripeError};

/// A subscription as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionState {
    pub id: String,
    pub status: SubscriptionStatus,
    /// In seconds since 1970.
    pub created: u64,
    /// When it ends or ended, in seconds since 1970.
    pub ends_at: Option<u64>,
    /// The ids of its items, each with the id of its price.
    pub items: Vec<(String, String)>,
}

impl Stripe {
    /// The subscriptions of a customer, newest first. One that was never paid for is none.
    pub(crate) async fn subscriptions(
        &self,
        customer: &str,
    ) -> Result<Vec<SubscriptionState>, StripeError> {
        let list = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(LIST_LIMIT);
        let list = self.get(&list).await?.data;
        Ok(list.into_iter().filter_map(to_state).collect())
    }

    /// Whose a subscription is.
    pub(crate) async fn customer_of_subscription(&self, id: &str) -> Result<String, StripeError> {
        let found = self.get(&RetrieveSubscription::new(id)).await?;
        Ok(found.customer.id().to_string())
    }

    /// Ends a subscription at once; `bill` its last use, or leave it.
    pub(crate) async fn cancel_subscription(
        &self,
        id: &str,
        bill: bool,
    ) -> Result<(), StripeError> {
        let request = CancelSubscription::new(id).invoice_now(bill).prorate(false);
        match self.get(&request).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Gives a subscription other prices, for use that is not on an invoice yet.
    pub(crate) async fn set_prices(
        &self,
        it: &SubscriptionState,
        prices: [String; 3],
    ) -> Result<(), StripeError> {
        let products = self.products().await?;
        let mut changed = Vec::new();
        for (item, price) in &it.items {
            let Some(line) = products.line_of(price) else {
                continue;
            };
            if *price != prices[line] {
                let mut update = UpdateSubscriptionItems::new();
                update.id = Some(item.clone());
                update.price = Some(prices[line].clone());
                changed.push(update);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let request = UpdateSubscription::new(it.id.as_str())
            .items(changed)
            .proration_behavior(Proration::None);
        self.get(&request).await?;
        Ok(())
    }
}

fn to_state(it: stripe_shared::Subscription) -> Option<SubscriptionState> {
    let status = match it.status {
        Status::Active | Status::Trialing => SubscriptionStatus::Active,
        Status::PastDue => SubscriptionStatus::PastDue,
        Status::Canceled => SubscriptionStatus::Cancelled,
        Status::Incomplete | Status::IncompleteExpired => return None,
        // What Stripe comes to call otherwise is not paid for until we know better.
        Status::Unpaid | Status::Paused | _ => SubscriptionStatus::Unpaid,
    };
    let seconds = |time: i64| u64::try_from(time).unwrap_or(0);
    let ends_at = it.ended_at.or(it.cancel_at).or_else(|| {
        let ends = it.items.data.iter().map(|it| it.current_period_end).max();
        ends.filter(|_| it.cancel_at_period_end)
    });
    Some(SubscriptionState {
        id: it.id.to_string(),
        status,
        created: seconds(it.created),
        ends_at: ends_at.map(seconds),
        items: it
            .items
            .data
            .iter()
            .map(|it| (it.id.to_string(), it.price.id.to_string()))
            .collect(),
    })
}
