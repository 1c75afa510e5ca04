//! What the demo prints: for every contract, and for the API side, a request that works when it is pasted, one a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a command shows, and the command's arguments for curl.
type Stop = (&'static str, String);

/// The tour through the server at these two URLs.
pub(super) fn text(public: &str, admin: &str) -> String {
    let stops = contracts(public).into_iter().chain(api_side(public)).chain(next(public, admin));
    let stops: Vec<_> = stops.map(|(what, request)| format!("# {what}\ncurl -fsS {request}\n")).collect();
    format!("{}\nStop with Ctrl-C; start again and the same data is there. Everybody knows these secrets.", stops.join("\n"))
}

fn contracts(public: &str) -> [Stop; 6] {
    let lc = STANDARD.encode("P9L8PJ9QIAFAKBNQG6E0:DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg");
    let json = "-H 'Content-Type: application/json'";
    [
        (
            "RFC 6749, as discovery advertises it",
            format!("{public}/oauth2/token -u demo:demo-secret -d grant_type=client_credentials -d scope=read"),
        ),
        (
            "LoanStreet, account: the answer is the bare JWT",
            format!(
                "{public}/oauth/token {json} -d '{{\"email\":\"jane@bank.example\",\"password\":\"correct horse battery staple\"}}'"
            ),
        ),
        (
            "LoanStreet, service account",
            format!(
                "{public}/oauth/token {json} -d '{{\"client_id\":\"0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ\",\"client_secret\":\
                 \"s3cr3t-loanstreet\"}}'"
            ),
        ),
        (
            "LendingClub LCX: an opaque token",
            format!(
                "'{public}/auth/oauth/v2/token?realm=lc' {json} -H 'Authorization: LC-API2 {lc}' -d \
                 '{{\"grant_type\":\"client_credentials\"}}'"
            ),
        ),
        (
            "Cross River",
            format!(
                "{public}/connect/token -d grant_type=client_credentials -d client_id=acme -d client_secret=s3cr3t-crossriver -d \
                 'scope=scope1 scope2'"
            ),
        ),
        (
            "Uphold",
            format!(
                "{public}/core/oauth2/token -u 3fa85f64-5717-4562-b3fc-2c963f66afa6:s3cr3t-uphold -d grant_type=client_credentials \
                 --data-urlencode 'scope=users:* users.kyc:read'"
            ),
        ),
    ]
}

fn api_side(public: &str) -> [Stop; 2] {
    let token = token(public, "demo");
    [
        (
            "A gateway asks: may a call with this token pass?",
            format!("-i '{public}/verify?realm=main&scope=read' -H \"Authorization: Bearer {token}\""),
        ),
        (
            "An API asks: what does this token say?",
            format!("{public}/oauth2/introspect -u demo-gateway:demo-gateway-secret -d \"token={token}\""),
        ),
    ]
}

fn next(public: &str, admin: &str) -> [Stop; 3] {
    let admin_token = token(public, "demo-admin");
    [
        ("Where next: metadata", format!("{public}/realms/main/.well-known/oauth-authorization-server")),
        ("Where next: the public keys of a realm", format!("{public}/realms/loanstreet/jwks.json")),
        (
            "Where next: the admin API, with a token of its own",
            format!("{admin}/admin/v1/realms/crossriver/clients -H \"Authorization: Bearer {admin_token}\""),
        ),
    ]
}

/// What a shell replaces by a token of this client.
fn token(public: &str, client: &str) -> String {
    format!(
        "$(curl -fsS {public}/oauth2/token -u {client}:{client}-secret -d grant_type=client_credentials | sed \
         's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_one_line() {
        let text = text("http://127.0.0.1:8080", "http://127.0.0.1:8081");
        let curls: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
        assert_eq!(curls.len(), 11);
        assert!(curls.iter().all(|curl| curl.starts_with("curl -fsS ") && !curl.ends_with('\\')));
        let lc = "LC-API2 UDlMOFBKOVFJQUZBS0JOUUc2RTA6REdqMlh1S1dqRmIweTl4N0FCS2tBWHNjdlEyekVpdTdiUE1Hd3IwTGsvM2pvR0lNV2c='";
        assert!(curls[3].contains(lc), "the contract's own header: {}", curls[3]);
        for curl in [curls[6], curls[7], curls[10]] {
            assert!(curl.contains(r#"sed 's/.*"access_token":"\([^"]*\)".*/\1/')""#), "{curl}");
        }
    }
}
