//! How a caller of each dialect asks for a token, so that one list of outcomes serves them all.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::harness::http::{Request, form};

/// A caller of one dialect.
#[derive(Clone, Copy, Debug)]
pub struct Partner {
    pub dialect: &'static str,
    pub realm: &'static str,
    /// Of the token endpoint, query included.
    pub path: &'static str,
    pub client: Known,
    pub carries: Carries,
    pub speaks: Speaks,
}

/// The id of a client and its secret.
pub type Known = (&'static str, &'static str);

/// Where credentials travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    Basic,
    Scheme(&'static str),
    Body,
}

/// The format of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Form,
    Json,
}

pub const ALL: [Partner; 5] = [
    Partner {
        dialect: "oauth2",
        realm: "main",
        path: "/oauth2/token",
        client: ("demo", "demo-secret"),
        carries: Carries::Basic,
        speaks: Speaks::Form,
    },
    Partner {
        dialect: "loanstreet",
        realm: "loanstreet",
        path: "/oauth/token",
        client: ("0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ", "s3cr3t-loanstreet"),
        carries: Carries::Body,
        speaks: Speaks::Json,
    },
    Partner {
        dialect: "lendingclub",
        realm: "lc",
        path: "/auth/oauth/v2/token?realm=lc",
        client: ("P9L8PJ9QIAFAKBNQG6E0", "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg"),
        carries: Carries::Scheme("LC-API2"),
        speaks: Speaks::Json,
    },
    Partner {
        dialect: "crossriver",
        realm: "crossriver",
        path: "/connect/token",
        client: ("acme", "s3cr3t-crossriver"),
        carries: Carries::Body,
        speaks: Speaks::Form,
    },
    Partner {
        dialect: "uphold",
        realm: "uphold",
        path: "/core/oauth2/token",
        client: ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "s3cr3t-uphold"),
        carries: Carries::Basic,
        speaks: Speaks::Form,
    },
];

impl Partner {
    pub fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// A request for client credentials, with more parameters.
    pub fn ask(&self, client: Known, parameters: &[(&str, &str)]) -> Request {
        self.ask_bare(client, &[&[("grant_type", "client_credentials")], parameters].concat())
    }

    /// A request with these parameters and no others.
    pub fn ask_bare(&self, (id, secret): Known, parameters: &[(&str, &str)]) -> Request {
        let request = Request::new("POST", self.path);
        match self.carries {
            Carries::Basic => self.fill(request.basic(id, secret), parameters),
            Carries::Scheme(scheme) => {
                let credentials = BASE64_STANDARD.encode(format!("{id}:{secret}"));
                self.fill(request.header("Authorization", &format!("{scheme} {credentials}")), parameters)
            }
            Carries::Body => self.fill(request, &[parameters, &[("client_id", id), ("client_secret", secret)]].concat()),
        }
    }

    /// The same from nobody.
    pub fn ask_anonymously(&self, parameters: &[(&str, &str)]) -> Request {
        self.fill(Request::new("POST", self.path), parameters)
    }

    /// A request with these parameters in its body.
    pub fn fill(&self, request: Request, parameters: &[(&str, &str)]) -> Request {
        match self.speaks {
            Speaks::Form => request.form(parameters),
            Speaks::Json => request.header("Content-Type", "application/json").body(json(parameters)),
        }
    }

    /// A body in its format that cannot be read.
    pub fn garbage(&self) -> &'static str {
        match self.speaks {
            Speaks::Form => "grant_type=%zz",
            Speaks::Json => r#"{"grant_type":"client_credentials")"#,
        }
    }

    /// Parameters as a body that is not in its format.
    pub fn foreign_body(&self) -> (&'static str, String) {
        let grant = [("grant_type", "client_credentials")];
        match self.speaks {
            Speaks::Form => ("application/json", json(&grant)),
            Speaks::Json => ("text/plain", form(&grant)),
        }
    }
}

/// A JSON object of these members in this order, repeated ones included.
fn json(members: &[(&str, &str)]) -> String {
    let members = members.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
