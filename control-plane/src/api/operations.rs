//! All operations, what each needs of its caller, and the methods of each address.

use std::collections::{BTreeSet, HashMap};

use poem::http::Uri;
use poem::http::header::ALLOW;
use poem::http::{HeaderValue, Method};
use poem::{Endpoint, Request, Response, Route};
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaApi, MetaOperation};

use super::caller::Credentials;
use super::{
    account, activity, append, audit, auth, billing, console, deletions, density, docs, events,
    health, invitations, keys, logs, members, queries, tenant_deletions, tenants, views,
};

/// All operations. They hold nothing: what they work on comes with each request.
pub(super) fn operations() -> impl OpenApi + 'static {
    (
        (tenants::TenantsApi, activity::ActivityApi),
        audit::AuditApi,
        tenant_deletions::TenantDeletionsApi,
        (auth::AuthApi, account::AccountApi, account::SecondFactorApi),
        members::MembersApi,
        invitations::InvitationsApi,
        keys::KeysApi,
        logs::LogsApi,
        append::AppendApi,
        (events::EventsApi, density::DensityApi),
        deletions::DeletionsApi,
        views::ViewsApi,
        queries::QueriesApi,
        billing::BillingApi,
        health::HealthApi,
    )
}

fn meta<T: OpenApi>(_: T) -> Vec<MetaApi> {
    T::meta()
}

/// Every operation with its path.
pub(super) fn described() -> impl Iterator<Item = (String, MetaOperation)> {
    let paths = meta(operations()).into_iter().flat_map(|api| api.paths);
    paths.flat_map(|path| {
        let operations = path.operations.into_iter();
        operations.map(move |operation| (path.path.clone(), operation))
    })
}

/// What each operation needs of its caller, by its id.
#[must_use]
pub fn credentials() -> HashMap<&'static str, Credentials> {
    described()
        .filter_map(|(_, it)| Some((it.operation_id?, Credentials::of(&it))))
        .collect()
}

/// The methods that each address takes, for `Allow`.
pub(super) struct Methods(Route);

impl Methods {
    pub(super) fn new() -> Self {
        let mut methods = HashMap::<String, BTreeSet<String>>::new();
        let of_pages = docs::paths().chain(console::paths());
        let of_pages = of_pages.map(|path| (path, Method::GET));
        for (path, method) in described()
            .map(|(path, it)| (path, it.method))
            .chain(of_pages)
        {
            let known = methods.entry(path).or_default();
            known.insert(method.to_string());
            known.extend((method == Method::GET).then(|| "HEAD".to_owned()));
        }
        let routes = methods
            .into_iter()
            .fold(Route::new(), |routes, (path, methods)| {
                let methods = Vec::from_iter(methods).join(", ");
                let allow = move |_| Response::builder().header(ALLOW, &methods).finish();
                let path = path.replace('{', ":").replace('}', "");
                routes.at(path, poem::endpoint::make_sync(allow))
            });
        Self(routes)
    }

    pub(super) async fn allowed(&self, uri: Uri) -> Option<HeaderValue> {
        let request = Request::builder().uri(uri).finish();
        let response = self.0.call(request).await.ok()?;
        response.headers().get(ALLOW).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_methods_of_an_address_are_known() {
        let methods = Methods::new();
        let allowed = async |path: &str| methods.allowed(path.parse().unwrap()).await;
        assert_eq!(allowed("/logs").await.unwrap(), "GET, HEAD, POST");
        assert_eq!(allowed("/logs/x/append").await.unwrap(), "POST");
        assert_eq!(
            allowed("/logs/x").await.unwrap(),
            "DELETE, GET, HEAD, PATCH, POST"
        );
        assert_eq!(allowed("/docs").await.unwrap(), "GET, HEAD");
        assert!(allowed("/nothing").await.is_none());
    }
}
