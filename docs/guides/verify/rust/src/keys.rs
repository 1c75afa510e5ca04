//! The published keys of an issuer, kept as long as its answer says (RFC 9111, section 5.2.2.1). The library fetches none.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;

use crate::Refusal;

/// How often an unknown key may make us ask again before the time.
const ASK_AGAIN: Duration = Duration::from_secs(30);

pub struct Keys {
    url: String,
    kept: Option<Kept>,
}

struct Kept {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Instant,
    max_age: Duration,
}

impl Keys {
    pub fn new(url: String) -> Self {
        Self { url, kept: None }
    }

    /// The key of this name. An unknown one may be newer than what is kept.
    pub fn find(&mut self, kid: &str) -> Result<DecodingKey, Refusal> {
        if !self.kept.as_ref().is_some_and(|kept| kept.will_do(kid)) {
            self.kept = Some(fetch(&self.url)?);
        }
        let key = self.kept.as_ref().and_then(|kept| kept.keys.get(kid));
        key.cloned().ok_or_else(|| format!("there is no key `{kid}`").into())
    }
}

impl Kept {
    fn will_do(&self, kid: &str) -> bool {
        let age = self.fetched_at.elapsed();
        age < self.max_age && (self.keys.contains_key(kid) || age < ASK_AGAIN)
    }
}

fn fetch(url: &str) -> Result<Kept, Refusal> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(5))).build().new_agent();
    let mut answer = agent.get(url).call()?;
    let max_age = max_age(answer.headers().get("cache-control").and_then(|value| value.to_str().ok()));
    let published: JwkSet = answer.body_mut().read_json()?;
    let named = published.keys.iter().filter_map(|key| Some((key.common.key_id.clone()?, DecodingKey::from_jwk(key).ok()?)));
    Ok(Kept { keys: named.collect(), fetched_at: Instant::now(), max_age })
}

fn max_age(cache_control: Option<&str>) -> Duration {
    let directives = cache_control.unwrap_or_default().split(',');
    let seconds = directives.filter_map(|directive| directive.trim().strip_prefix("max-age=")?.parse().ok()).next();
    Duration::from_secs(seconds.unwrap_or_default())
}
