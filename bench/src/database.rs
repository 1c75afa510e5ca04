//! The databases that a suite measures on, and how one is filled.

use clap::ValueEnum;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::Fallible;
use crate::postgres::Cluster;
use crate::requests::{FIRST, NUMBER};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    Sqlite,
    Postgres,
    Both,
}

#[derive(Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres(Cluster),
}

impl Choice {
    /// Postgres is left out where it is not installed, which is said.
    pub(crate) fn databases(self) -> Fallible<Vec<Database>> {
        let mut all = Vec::new();
        all.extend((self != Self::Postgres).then_some(Database::Sqlite));
        if self != Self::Sqlite {
            match Cluster::start()? {
                Some(cluster) => all.push(Database::Postgres(cluster)),
                None => {
                    eprintln!("POSTGRES NOT MEASURED: initdb, postgres and pg_ctl are not here; install the package postgresql");
                }
            }
        }
        Ok(all)
    }
}

impl Database {
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite, embedded",
            Self::Postgres(_) => "Postgres",
        }
    }

    /// The URL of a new, empty database; `None` for the embedded one, which lies beside its server's configuration.
    pub(crate) async fn create(&self) -> Fallible<Option<String>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres(cluster) => cluster.database().await.map(Some),
        }
    }
}

/// The id of a client that [`multiply`] made, with [`NUMBER`] for its number.
pub(crate) fn numbered_client() -> String {
    format!("{CLIENT}{NUMBER}")
}

/// As long as the UUIDs that ids are by default.
const CLIENT: &str = "c11e47b0-0000-4000-8000-00000";

/// Clients like `bench` of a realm, with its secret in the realm `bench`: its digest depends neither on the realm nor on the client.
/// $1: how many. $2: the realm. $3, $4: with what their ids begin.
const CLIENTS: &str = "\
WITH RECURSIVE numbers (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $1)
INSERT INTO clients (realm, id, name, institution_id, auth_method, grants, scopes, created_at, updated_at)
SELECT c.realm, $3 || CAST($4 + n AS TEXT), c.name, c.institution_id, c.auth_method, c.grants, c.scopes, c.created_at, c.updated_at
FROM clients c, numbers WHERE c.realm = $2 AND c.id = 'bench'";

const SECRETS: &str = "\
WITH RECURSIVE numbers (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $1)
INSERT INTO secrets (id, realm, client_id, digest, version, created_at)
SELECT CAST($2 AS TEXT) || '-' || CAST($4 + n AS TEXT), $2, $3 || CAST($4 + n AS TEXT), s.digest, s.version, s.created_at
FROM secrets s, numbers WHERE s.realm = 'bench' AND s.client_id = 'bench'";

/// Adds so many clients to a realm, all with one secret. No server may know the database yet.
pub(crate) async fn multiply(url: &str, realm: &str, clients: u32) -> Fallible<()> {
    // What the two drivers have in common here is only this text.
    macro_rules! fill {
        ($connection:ty) => {{
            let mut database = <$connection>::connect(url).await?;
            for statement in [CLIENTS, SECRETS] {
                let insert = sqlx::query(statement).bind(i64::from(clients)).bind(realm).bind(CLIENT).bind(i64::from(FIRST));
                let made = insert.execute(&mut database).await?.rows_affected();
                if made != u64::from(clients) {
                    return Err(format!("{made} rows instead of {clients} from {statement}").into());
                }
            }
            sqlx::query("ANALYZE").execute(&mut database).await?;
            Ok(database.close().await?)
        }};
    }
    if url.starts_with("sqlite:") { fill!(SqliteConnection) } else { fill!(PgConnection) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: [&str; 2] = [
        include_str!("../../migrations/sqlite/0001_foundation.sql"),
        include_str!("../../migrations/sqlite/0002_resource_side.sql"),
    ];
    const ROWS: &str = "\
INSERT INTO realms VALUES ('bench', NULL, NULL, 'RS256', 10, NULL, 1, 1, 1), ('es256', NULL, NULL, 'ES256', 10, NULL, 1, 1, 1);
INSERT INTO clients (realm, id, name, auth_method, grants, scopes, created_at, updated_at)
VALUES ('bench', 'bench', 'b', 'm', 'g', 's', 1, 1), ('es256', 'bench', 'b', 'm', 'g', 's', 1, 1);
INSERT INTO secrets (id, realm, client_id, digest, version, created_at) VALUES ('1', 'bench', 'bench', x'0102', 7, 1);";

    #[tokio::test]
    async fn all_clients_have_the_secret_of_one() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", directory.path().join("test.db").display());
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        for script in SCHEMA.into_iter().chain([ROWS]) {
            sqlx::raw_sql(script).execute(&mut database).await.unwrap();
        }
        for realm in ["bench", "es256"] {
            multiply(&url, realm, 3).await.unwrap();
        }
        let same = "SELECT c.id FROM clients c JOIN secrets s ON s.realm = c.realm AND s.client_id = c.id
            WHERE c.realm = $1 AND s.digest = x'0102' AND s.version = 7 AND c.scopes = 's' AND c.id <> 'bench' ORDER BY c.id";
        for realm in ["bench", "es256"] {
            let ids: Vec<String> = sqlx::query_scalar(same).bind(realm).fetch_all(&mut database).await.unwrap();
            let expected = [0, 1, 2].map(|client| numbered_client().replace(NUMBER, &(FIRST + client).to_string()));
            assert_eq!(ids, expected);
        }
    }
}
