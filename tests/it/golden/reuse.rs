//! A token within its reuse window, in every dialect: new, and handed out again.

use std::time::Duration;

use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};
use serde_json::json;

use super::outcomes;
use super::partner::{ALL, Partner};
use crate::harness::golden;
use crate::harness::server::{Server, on_both};

fn file(partner: &Partner, name: &str) -> String {
    format!("{}/reuse/{name}.http", partner.dialect)
}

pub fn files() -> impl Iterator<Item = String> {
    ALL.iter().flat_map(|partner| ["issued", "reused"].map(|name| file(partner, name)))
}

on_both! {
    async fn within_the_window(server) {
        for partner in &ALL {
            let change: ClientChange = serde_json::from_value(json!({ "token_reuse": "5m" })).unwrap();
            let (realm, client) = (RealmId::new(partner.realm), ClientId::new(partner.client.0));
            server.ops().update_client(&Actor::Shell, &realm, &client, change).await.unwrap();
            // A server of its own, so that chance begins where it always does.
            let server = Server::on(&server.url, |_| {}).await;
            server.refresh().await;
            golden::check(&file(partner, "issued"), &golden::wire(&server.send(&outcomes::good(partner)).await));
            server.clock.advance(Duration::from_secs(37));
            golden::check(&file(partner, "reused"), &golden::wire(&server.send(&outcomes::good(partner)).await));
        }
    }
}
