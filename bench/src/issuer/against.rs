//! A foreign issuer, asked by the same load: given its token endpoint, a client and its secret.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};

use super::findings::Findings;
use super::open;
use crate::limits::Cryptography;
use crate::load::{Pace, Workload};
use crate::machine::Machine;
use crate::report::Part;
use crate::requests::Requests;
use crate::sample::{Measured, Sample};
use crate::scenario::{Scenario, Stand};
use crate::stats::Spread;
use crate::usage::Processes;
use crate::{Fallible, Settings, tokens};

#[derive(Clone, Debug, Args)]
pub(super) struct Against {
    /// Measure the issuer with this token endpoint instead, such as http://127.0.0.1:8080/token
    #[arg(long, value_name = "URL", required = false, requires_all = ["client", "secret"])]
    pub(super) against: String,
    /// A client of that issuer
    #[arg(long, value_name = "ID", required = false, requires = "against")]
    client: String,
    /// Its secret
    #[arg(long, required = false, requires = "against")]
    secret: String,
    /// What it asks for
    #[arg(long, requires = "against")]
    scope: Option<String>,
    /// Where its credentials travel
    #[arg(long, value_enum, default_value = "basic", requires = "against")]
    method: Method,
    /// A process of that issuer: its CPU time is read, and that of its children
    #[arg(long, requires = "against", conflicts_with = "process")]
    pid: Option<u32>,
    /// The name of that issuer's processes, in place of --pid
    #[arg(long, value_name = "NAME", requires = "against")]
    process: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    /// In the header `Authorization`
    Basic,
    /// In the form
    Post,
}

/// Whose processes are known, or not.
#[derive(Debug)]
struct Foreign(Option<Processes>);

/// A token endpoint, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint<'a> {
    /// Host and port.
    authority: &'a str,
    path: &'a str,
}

impl Measured for Foreign {
    fn cpu(&self) -> Fallible<Option<Duration>> {
        self.0.as_ref().map(Processes::cpu).transpose()
    }
}

impl Against {
    pub(super) async fn measure(&self, machine: &Machine, settings: &Settings) -> Fallible<Part> {
        let endpoint = Endpoint::parse(&self.against)?;
        let (server, request) = (endpoint.address()?, self.request(&endpoint));
        let processes = match (self.pid, &self.process) {
            (Some(pid), _) => Some(Processes::of(pid)),
            (None, Some(name)) => Some(Processes::named(name)?),
            (None, None) => None,
        };
        let foreign = Foreign(processes);
        let answered = tokens::ask(server, request.as_bytes(), 1).await?;
        // As long as what is signed of a JWT usually is, where the tokens are none.
        let message = tokens::signed_part(&answered).unwrap_or_else(|_| vec![b'a'; 500]);
        let stand = Stand { machine, settings, cryptography: Cryptography::new(message)? };
        let (requests, connections) = (Requests::one(request), settings.connections);
        let load = Workload { server, from: None, connections, requests, pace: Pace::Closed, expected: &[200] };
        let mut findings = Findings::default();
        let mut closed = [Scenario::new("tokens", &foreign, load.clone())];
        let limits = stand.take_turns("tokens", &mut closed).await?;
        findings.signing(&closed, &limits);
        findings.limits(limits);
        let capacity = Spread::of(closed.iter().flat_map(|it| &it.samples).map(Sample::per_second)).median;
        open::measure(&stand, &foreign, &load, capacity, &mut findings).await?;
        Ok(findings.into_part(None))
    }

    fn request(&self, endpoint: &Endpoint<'_>) -> String {
        let (client, secret) = (form_encoded(&self.client), form_encoded(&self.secret));
        let mut form = "grant_type=client_credentials".to_owned();
        if let Some(scope) = &self.scope {
            form = format!("{form}&scope={}", form_encoded(scope));
        }
        let header = match self.method {
            // RFC 6749, section 2.3.1.
            Method::Basic => format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{client}:{secret}"))),
            Method::Post => {
                form = format!("{form}&client_id={client}&client_secret={secret}");
                String::new()
            }
        };
        crate::requests::post_to(endpoint.authority, endpoint.path, &header, &form)
    }
}

impl<'a> Endpoint<'a> {
    fn parse(url: &'a str) -> Fallible<Self> {
        let rest = url.strip_prefix("http://").ok_or("give a URL that begins with http://: TLS would be measured, too")?;
        let slash = rest.find('/').unwrap_or(rest.len());
        match rest.split_at_checked(slash) {
            Some((authority, path)) if !authority.is_empty() => {
                Ok(Self { authority, path: if path.is_empty() { "/" } else { path } })
            }
            _ => Err(format!("{url} names no host").into()),
        }
    }

    fn address(&self) -> Fallible<SocketAddr> {
        let port = |authority: &str| authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = self.authority;
        let authority = if port(authority) { authority.to_owned() } else { format!("{authority}:80") };
        authority.to_socket_addrs()?.next().ok_or_else(|| format!("{authority} has no address").into())
    }
}

/// As forms spell a value.
fn form_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against(method: Method) -> Against {
        let (client, secret) = ("an id".to_owned(), "s+c".to_owned());
        let (against, scope) = ("http://127.0.0.1:9000/token?x=1".to_owned(), Some("a b".to_owned()));
        Against { against, client, secret, scope, method, pid: None, process: None }
    }

    #[test]
    fn a_url_has_a_host_and_any_path() {
        assert_eq!(Endpoint::parse("http://a.example:9/x/y?z").unwrap(), Endpoint { authority: "a.example:9", path: "/x/y?z" });
        let bare = Endpoint::parse("http://127.0.0.1").unwrap();
        assert_eq!(bare, Endpoint { authority: "127.0.0.1", path: "/" });
        assert_eq!(bare.address().unwrap(), SocketAddr::from(([127, 0, 0, 1], 80)));
        assert_eq!(Endpoint::parse("http://[::1]:9000/").unwrap().address().unwrap(), "[::1]:9000".parse().unwrap());
        for refused in ["https://a.example/", "a.example", "http:///token"] {
            assert!(Endpoint::parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn credentials_travel_in_the_header_or_in_the_form() {
        let basic = against(Method::Basic);
        let text = basic.request(&Endpoint::parse(&basic.against).unwrap());
        assert!(text.starts_with("POST /token?x=1 HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nAuthorization: Basic "), "{text}");
        assert!(text.contains(&format!("Basic {}\r\n", STANDARD.encode("an%20id:s%2Bc"))), "{text}");
        assert!(text.ends_with("\r\n\r\ngrant_type=client_credentials&scope=a%20b"), "{text}");
        let post = against(Method::Post);
        let text = post.request(&Endpoint::parse(&post.against).unwrap());
        assert!(!text.contains("Authorization"), "{text}");
        assert!(text.ends_with("&scope=a%20b&client_id=an%20id&client_secret=s%2Bc"), "{text}");
    }
}
