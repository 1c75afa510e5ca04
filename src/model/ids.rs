//! Distinct id types, so that no two kinds of id can be mistaken for each other.

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::new(text))
            }
        }
    )+ };
}

id! {
    /// The name of a realm, as it stands in its paths: `lc` in `/realms/lc/jwks.json`.
    RealmId,
    /// A partner organisation: a UUID.
    InstitutionId,
    /// A machine: free text, compared byte for byte.
    ClientId,
    /// A person: a UUID unless imported.
    UserId,
    /// One of the several live secrets of a client: a UUID; not itself secret.
    SecretId,
    /// The `kid` of a signing key (RFC 7515, section 4.1.4): any string.
    KeyId,
    /// One token: its `jti`, or what is derived from the digest of one that is not a JWT; not itself secret.
    TokenId,
    /// The name of a dialect, as configuration files spell it.
    DialectName,
}
