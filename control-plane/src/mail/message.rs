//! What the mails say. Plain text: a link, what it does, how long it works, and what to do for
//! those who did not ask for it.

use std::time::Duration;

use catalog::access::Role;
use catalog::{BillingAccount, Standing};
use protocol::meter::Month;
use protocol::{TenantId, Timestamp};

use crate::billing::spending::{Limit, PAST_DUE_GRACE};

/// A message that waits to be sent.
pub(crate) struct Message {
    /// For our own log, which never learns the rest.
    pub kind: &'static str,
    pub to: String,
    /// The tenant that it is about. A mailbox directory loses the message with it.
    pub tenant: Option<TenantId>,
    pub subject: String,
    pub text: String,
}

impl Message {
    /// Asks the owner of an address to prove it.
    pub(crate) fn verification(to: &str, link: &str, ttl: Duration) -> Self {
        let text = format!(
            "Welcome to Primatomic.\n\nOpen this link to verify your address:\n\n{link}\n\n\
             It works once, for {}. If you did not sign up, ignore this mail.\n",
            in_words(ttl)
        );
        let subject = "Verify your address for Primatomic".to_owned();
        Self::new("verification", to, subject, text)
    }

    /// Lets someone who forgot a password set a new one.
    pub(crate) fn password_reset(to: &str, link: &str, ttl: Duration) -> Self {
        let text = format!(
            "Someone, probably you, asked for a new password.\n\nOpen this link to set it:\n\n\
             {link}\n\nIt works once, for {}. Setting a password logs you out everywhere. If you \
             did not ask for it, ignore this mail: the old password goes on working.\n",
            in_words(ttl)
        );
        let subject = "Set a new password for Primatomic".to_owned();
        Self::new("password reset", to, subject, text)
    }

    /// Invites someone to a tenant.
    pub(crate) fn invitation(
        to: &str,
        (tenant, short_name): (TenantId, &str),
        role: Role,
        link: &str,
        ttl: Duration,
    ) -> Self {
        let text = format!(
            "You are invited to the tenant {short_name} on Primatomic, with the role \
             {role}.\n\nOpen this link to accept:\n\n{link}\n\nIt works once, for {}. If you \
             don't know the tenant, ignore this mail.\n",
            in_words(ttl)
        );
        let subject = format!("You are invited to {short_name} on Primatomic");
        Self {
            tenant: Some(tenant),
            ..Self::new("invitation", to, subject, text)
        }
    }

    /// Says how much of the free tier of a month is used.
    pub(crate) fn free_tier(
        to: &str,
        (tenant, short_name): (TenantId, &str),
        month: Month,
        percent: u8,
        limit: &Limit,
    ) -> Self {
        let is_over = percent >= 100;
        let effect = match limit {
            Limit::None | Limit::Cap { .. } if is_over => {
                "Use goes on, and what comes now is on the bill of the month."
            }
            Limit::None | Limit::Cap { .. } => "What comes beyond it is on the bill of the month.",
            _ if is_over => {
                "Queries and new views stop until the month ends, and appends a little later. Events \
                 can still be read and exported."
            }
            _ => {
                "When all of it is used, queries and new views stop until the month ends, and appends \
                 a little later. Events can always be read and exported."
            }
        };
        let text = format!(
            "The tenant {short_name} has used {percent} % of its free tier of {month} (UTC).\n\n\
             {effect}\n\n`primatomic usage` shows what was used, and by what.\n"
        );
        let subject = format!("{short_name} has used {percent} % of its free tier on Primatomic");
        Self::about("free tier", to, tenant, subject, text)
    }

    /// Says how much of what a month may cost it costs.
    pub(crate) fn cap(
        to: &str,
        (tenant, short_name): (TenantId, &str),
        month: Month,
        percent: u8,
        cap: &str,
    ) -> Self {
        let effect = if percent >= 100 {
            "Queries and new views stop until the month ends, and appends a little later. Events can \
             still be read and exported. A higher cap lets everything go on at once."
        } else {
            "When it is reached, queries and new views stop until the month ends, and appends a \
             little later. Events can always be read and exported."
        };
        let text = format!(
            "The use of the tenant {short_name} in {month} (UTC) comes to {percent} % of its cap of \
             {cap}, before tax.\n\n{effect}\n\n`primatomic usage` shows what was used, and by \
             what; `primatomic billing cap` changes the cap.\n"
        );
        let subject = format!("{short_name} has reached {percent} % of its cap on Primatomic");
        Self::about("cap", to, tenant, subject, text)
    }

    /// Says what became of a subscription, what that means, and from when on.
    pub(crate) fn standing(
        to: &str,
        (tenant, short_name): (TenantId, &str),
        account: &BillingAccount,
    ) -> Self {
        const STOPS: &str = "the tenant has the free tier: when it is used up, queries and new views \
                             stop, and appends a little later. Events can always be read and exported.";
        let subscription = account.subscription.as_ref();
        let since = subscription.map(|it| it.since);
        let day = |time: Option<Timestamp>| time.map_or_else(String::new, |it| it.to_string());
        let (what, effect) = match account.standing() {
            Standing::Active | Standing::Free => (
                "is subscribed",
                "What is used beyond the free tier of a month (UTC) is billed at its end."
                    .to_owned(),
            ),
            Standing::Ending => (
                "has cancelled its subscription",
                format!(
                    "It ends at {}, with a last invoice. From then on {STOPS}",
                    day(subscription.and_then(|it| it.ends_at))
                ),
            ),
            Standing::PastDue => (
                "has a payment that failed",
                format!(
                    "It is tried again in the next days, and use goes on as before until {}. If it is \
                     not paid by then, {STOPS}",
                    day(since.map(|it| it.saturating_add(PAST_DUE_GRACE)))
                ),
            ),
            Standing::Unpaid => (
                "has an invoice that is not paid",
                format!("Since {} {STOPS}", day(since)),
            ),
            Standing::Cancelled => (
                "is subscribed no more",
                format!("Since {} {STOPS}", day(since)),
            ),
            Standing::Disputed => (
                "has a payment that is disputed",
                format!("Until that is decided, {STOPS}"),
            ),
        };
        let text = format!(
            "The tenant {short_name} {what}.\n\n{effect}\n\n`primatomic billing portal` leads to \
             cards and invoices.\n"
        );
        let subject = format!("{short_name} {what} on Primatomic");
        Self::about("standing", to, tenant, subject, text)
    }

    fn about(
        kind: &'static str,
        to: &str,
        tenant: TenantId,
        subject: String,
        text: String,
    ) -> Self {
        Self {
            tenant: Some(tenant),
            ..Self::new(kind, to, subject, text)
        }
    }

    fn new(kind: &'static str, to: &str, subject: String, text: String) -> Self {
        Self {
            kind,
            to: to.to_owned(),
            tenant: None,
            subject,
            text,
        }
    }
}

fn in_words(ttl: Duration) -> String {
    let hours = ttl.as_secs().div_ceil(3_600);
    match (hours / 24, hours) {
        (_, 1) => "one hour".to_owned(),
        (days, hours) if days >= 2 && hours % 24 == 0 => format!("{days} days"),
        (_, hours) => format!("{hours} hours"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_their_link_does_and_how_long_it_works() {
        let hour = Duration::from_secs(3_600);
        let acme = (TenantId::generate(), "acme");
        let message = Message::invitation("a@b.c", acme, Role::Member, "https://x/1", 168 * hour);
        assert_eq!(message.subject, "You are invited to acme on Primatomic");
        assert!(message.text.contains("https://x/1\n"));
        assert!(message.text.contains("for 7 days"));
        let message = Message::password_reset("a@b.c", "https://x/2", hour);
        assert!(message.text.contains("for one hour"));
        let message = Message::verification("a@b.c", "https://x/3", 24 * hour);
        assert!(message.text.contains("for 24 hours"));
    }
}
