//! `[server]`: where it listens and whom it believes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use ipnet::IpNet;

#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Where partners and services reach the token endpoints.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Where operations reach the admin API, health and metrics. Loopback unless told otherwise.
    #[schemars(with = "String")]
    pub admin_listen: SocketAddr,
    /// The URL under which callers reach `listen`, without a trailing slash; issuers and links are made of it, never of a
    /// request's headers. Default: `http://` and the listening address.
    pub public_url: Option<String>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    #[schemars(with = "Vec<String>")]
    pub trusted_proxies: Vec<IpNet>,
    /// Seconds that a request's body may take to arrive.
    pub body_timeout_seconds: u64,
    /// Seconds that one request may take as a whole.
    pub request_timeout_seconds: u64,
    /// Seconds that open requests are given to finish at shutdown.
    pub drain_seconds: u64,
    /// Connections served at a time on each listener; more wait in the system's queue.
    pub max_connections: usize,
    /// Allow `http` issuers on an address that others can reach. Only for a test network: tokens travel in clear.
    pub insecure_http: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin_listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            public_url: None,
            trusted_proxies: Vec::new(),
            body_timeout_seconds: 10,
            request_timeout_seconds: 20,
            drain_seconds: 20,
            max_connections: 10_000,
            insecure_http: false,
        }
    }
}

impl ServerConfig {
    /// The public URL, without a trailing slash.
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Tokens of an http issuer travel in clear: only where nobody else can come, or where the operator insists. Behind a proxy
    /// on the same machine, it is the name that tells that others come this way.
    pub fn may_issue_as(&self, issuer: &str) -> bool {
        issuer.parse::<Uri>().is_ok_and(|uri| {
            let at_home = self.listen.ip().is_loopback() && uri.host().is_some_and(is_loopback);
            uri.scheme() == Some(&Scheme::HTTPS) || at_home || self.insecure_http
        })
    }

    pub fn body_timeout(&self) -> Duration {
        Duration::from_secs(self.body_timeout_seconds)
    }

    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds)
    }

    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    pub(super) fn check(&self, faults: &mut Vec<String>) {
        self.check_public_url(faults);
        if self.body_timeout_seconds == 0 || self.request_timeout_seconds <= self.body_timeout_seconds {
            let problem =
                "server.request_timeout_seconds: must be longer than server.body_timeout_seconds, which must be at least 1";
            faults.push(problem.into());
        }
        if self.max_connections == 0 {
            faults.push("server.max_connections: 0 would refuse every connection; give at least 1".into());
        }
    }

    /// Issuers and links are made of it, so that it must be one, and one under which tokens do not travel in clear.
    fn check_public_url(&self, faults: &mut Vec<String>) {
        let url = self.public_url();
        let uri = url.parse::<Uri>().ok().filter(|uri| uri.query().is_none() && uri.host().is_some() && !url.ends_with('/'));
        let scheme = uri.as_ref().and_then(Uri::scheme);
        if !scheme.is_some_and(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme)) {
            let problem = "must be an absolute http or https URL without query and trailing slash";
            return faults.push(format!("server.public_url: `{url}` {problem}"));
        }
        if !self.may_issue_as(&url) {
            faults.push(format!(
                "server.public_url: `{url}` is not https, while others can reach it or server.listen = \"{}\"; put TLS in front and \
                 name the https URL here (or set server.insecure_http = true on a test network)",
                self.listen
            ));
        }
    }
}

/// Does this host never leave the machine?
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
