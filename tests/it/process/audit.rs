//! What each mode of `audit.issuance` promises.

use countersign::audit::AuditMode;
use countersign::model::{ClientId, RealmId};
use countersign::store::secrets;

use super::{bearer, issued, oauth2, said, token, trail};
use crate::harness::http::Request;
use crate::harness::process::{Process, eventually};
use crate::harness::server::{Server, on_both};

on_both! {
    async fn committed_means_before_the_answer(server, |config| config.audit.issuance = AuditMode::Committed) {
        for count in 1..=5 {
            let jti = said(&demo(&server).await, 1, "jti");
            let recorded = issued(&server.app.db).await;
            assert_eq!((recorded.len(), recorded.last()), (count, Some(&jti)));
        }
    }

    async fn committed_outlives_the_process(server) {
        for count in 1..=3 {
            let mut process = Process::serve(&server.url, "[audit]\nissuance = \"committed\"").await;
            let answer = process.send(&oauth2("demo", "demo-secret")).await;
            process.kill();
            let recorded = issued(&server.app.db).await;
            assert_eq!((recorded.len(), recorded.last()), (count, Some(&said(&token(&answer), 1, "jti"))));
        }
    }

    async fn buffered_means_soon(server, |config| config.audit.issuance = AuditMode::Buffered) {
        let jti = said(&demo(&server).await, 1, "jti");
        let refused = server.send(&oauth2("demo", "wrong")).await;
        assert_eq!((refused.status, refused.json()["error"].as_str()), (401, Some("invalid_client")));
        let soon = async || Some(issued(&server.app.db).await).filter(|recorded| !recorded.is_empty());
        assert_eq!(eventually("the record", soon).await, [jti]);
        let refusal = async || trail(&server.app.db, "token_refused").await.pop();
        let refusal = eventually("the record of the refusal", refusal).await;
        assert_eq!((refusal.client, refusal.reason.as_deref()), (Some(ClientId::new("demo")), Some("wrong_secret")));
    }

    async fn off_records_no_token_but_what_operators_do(server, |config| config.audit.issuance = AuditMode::Off) {
        let mut server = server;
        let admin = token(&server.send(&oauth2("demo-admin", "demo-admin-secret")).await);
        let before = trail(&server.app.db, "secret_added").await.len();
        demo(&server).await;
        assert_eq!(server.send(&oauth2("demo", "wrong")).await.status, 401);
        let add = Request::new("POST", "/admin/v1/realms/main/clients/demo/secrets").json(&serde_json::json!({}));
        assert_eq!(server.operate(&bearer(add, &admin)).await.status, 201);
        // Nothing waits to be written any more once it has stopped.
        server.stop().await;
        let server = server.restart().await;
        assert_eq!((issued(&server.app.db).await.len(), trail(&server.app.db, "token_refused").await.len()), (0, 0));
        assert_eq!(trail(&server.app.db, "secret_added").await.len(), before + 1);
        let (realm, client) = (RealmId::new("main"), ClientId::new("demo"));
        let stored = secrets::list(&mut server.app.db.read().await.unwrap().conn(), &realm, &client).await.unwrap();
        let used = stored.iter().filter(|secret| secret.last_used_at.is_some()).count();
        assert_eq!((stored.len(), used), (2, 1), "which secrets are in use is still known");
    }
}

async fn demo(server: &Server) -> String {
    token(&server.send(&oauth2("demo", "demo-secret")).await)
}
