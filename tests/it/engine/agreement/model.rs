//! What a token is worth, in plain rules; who may make it bad.

use super::Kind;

/// Someone whom tokens depend on: its realm, its place in the admin API, its id.
#[derive(Clone, Copy, Debug)]
pub struct Party {
    pub realm: &'static str,
    pub noun: &'static str,
    pub id: &'static str,
}

const fn party(realm: &'static str, noun: &'static str, id: &'static str) -> Party {
    Party { realm, noun, id }
}

pub const PARTNER: usize = 0;
pub const BANK: usize = 1;
pub const SERVICE: usize = 2;
pub const HOUSE: usize = 3;
pub const USER: usize = 4;
pub const OPERATOR: usize = 5;
pub const INVESTOR: usize = 6;
pub const FUND: usize = 7;
pub const PORTAL: usize = 8;
pub const SIGNER: usize = 9;
pub const LENDER: usize = 10;

pub const PARTIES: [Party; 11] = [
    party("main", "clients", "partner"),
    party("main", "institutions", "0b7e6c1a-4a52-4a6e-9c0f-2d9b7a1f3e55"),
    party("main", "clients", "service"),
    party("main", "institutions", "6c0e2f7d-98f5-4f1b-9d0a-40f0a0d8b1c2"),
    party("main", "users", "5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11"),
    party("main", "clients", "operator"),
    party("lc", "clients", "investor"),
    party("lc", "institutions", "6f3f2d0e-0a55-4b0e-9a57-4f3c7a9d2e10"),
    party("loanstreet", "clients", "accounts"),
    party("loanstreet", "users", "8a3e6d52-61c9-4c0f-b7b4-2f1d9c7e5a10"),
    party("loanstreet", "institutions", "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6"),
];

impl Kind {
    /// The client that it is issued to comes first.
    pub fn parties(self) -> &'static [usize] {
        match self {
            Self::Own | Self::Opaque => &[PARTNER, BANK],
            Self::Uuid => &[INVESTOR, FUND],
            Self::Passed => &[SERVICE, HOUSE, PARTNER, BANK],
            Self::Acting => &[SERVICE, HOUSE, PARTNER, BANK, USER],
            Self::Account => &[PORTAL, SIGNER, LENDER],
            Self::Admin => &[OPERATOR],
        }
    }

    pub fn realm(self) -> &'static str {
        PARTIES[self.parties()[0]].realm
    }
}

#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    pub kind: Kind,
    pub id: String,
    /// Of the key that signed it.
    pub kid: Option<String>,
    /// In seconds.
    pub expires_at: i64,
    /// Revoked, forged, or its key is no longer published: once and for all.
    pub ended: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub now: i64,
    pub is_off: [bool; PARTIES.len()],
    pub tokens: Vec<Token>,
}

impl Model {
    pub fn is_good(&self, token: &Token) -> bool {
        !token.ended && self.now < token.expires_at && self.are_on(token.kind.parties())
    }

    pub fn are_on(&self, parties: &[usize]) -> bool {
        parties.iter().all(|party| !self.is_off[*party])
    }

    pub fn end(&mut self, which: impl Fn(&Token) -> bool) {
        self.tokens.iter_mut().filter(|token| which(token)).for_each(|token| token.ended = true);
    }
}
