//! Customers and disputes.

use std::collections::HashMap;

use protocol::TenantId;
use stripe_core::charge::RetrieveCharge;
use stripe_core::customer::CreateCustomer;
use stripe_core::dispute::RetrieveDispute;
use stripe_shared::DisputeStatus;
use uuid::Uuid;

use super::products::METADATA_KEY;
use super::{Stripe, StripeError};

impl Stripe {
    /// Makes the customer of a tenant, once; its id.
    pub(crate) async fn create_customer(
        &self,
        tenant: TenantId,
        name: &str,
        email: Option<&str>,
    ) -> Result<String, StripeError> {
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), tenant.to_string())]);
        let mut request = CreateCustomer::new().name(name).metadata(metadata);
        if let Some(email) = email {
            request = request.email(email);
        }
        let key = format!("customer-{}", Uuid::now_v7());
        let customer = self.post(&request, &key).await?;
        Ok(customer.id.to_string())
    }

    /// The customer of a dispute, and whether it is not decided.
    pub(crate) async fn dispute(&self, id: &str) -> Result<(Option<String>, bool), StripeError> {
        let dispute = self.get(&RetrieveDispute::new(id)).await?;
        let charge = self
            .get(&RetrieveCharge::new(dispute.charge.id().as_str()))
            .await?;
        let customer = charge.customer.map(|it| it.id().to_string());
        let decided = matches!(
            dispute.status,
            DisputeStatus::Won
                | DisputeStatus::Lost
                | DisputeStatus::WarningClosed
                | DisputeStatus::Prevented
        );
        Ok((customer, !decided))
    }
}
