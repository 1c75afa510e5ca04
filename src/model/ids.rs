//! Distinct id types, so that no two kinds of id can be mistaken for each other. Ids are shared, not copied: a request hands the
//! same few from step to step.

use std::sync::Arc;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Database, Decode, Encode, Type};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into().into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
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
                Ok(Self::from(text))
            }
        }

        impl<DB: Database> Type<DB> for $name
        where
            str: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <str as Type<DB>>::type_info()
            }

            fn compatible(column: &DB::TypeInfo) -> bool {
                <str as Type<DB>>::compatible(column)
            }
        }

        impl<'q, DB: Database> Encode<'q, DB> for $name
        where
            Arc<str>: Encode<'q, DB>,
        {
            fn encode(self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.0.encode(buffer)
            }

            fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.0.encode_by_ref(buffer)
            }
        }

        impl<'r, DB: Database> Decode<'r, DB> for $name
        where
            &'r str: Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                <&str>::decode(value).map(Self::from)
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
