//! A TCP door to the tests' Postgres, which listens on a socket file only: a door that can be shut, slowed down, blocked, or
//! slammed at the worst moment.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What becomes of bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Connections are reset, new ones too: the database is down.
    Down,
    /// Connections stay, and nothing comes through: the other half is gone and nobody said so.
    Silent,
    /// Everything comes, this much later.
    Slow(Duration),
    /// The next commit is cut off before the database hears of it; then it is fair again.
    CutBeforeCommit,
    /// The next commit is cut off when the database has made it and before anybody hears of it; then it is fair again.
    CutAfterCommit,
}

pub struct Proxy {
    address: SocketAddr,
    database: String,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// A door to the database of this URL.
    pub async fn to(url: &str) -> Self {
        let (front, directory) = url.split_once("?host=").expect("the cluster's URLs name its socket's directory");
        let database = front.rsplit('/').next().expect("and their database").to_owned();
        let socket = PathBuf::from(directory).join(".s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (weather, _) = watch::channel(Weather::Fair);
        let sender = weather.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, socket.clone(), sender.clone()));
            }
        });
        Self { address, database, weather }
    }

    /// The URL of the database through this door.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/{}?sslmode=disable", self.address, self.database)
    }

    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    pub fn weather(&self) -> Weather {
        *self.weather.borrow()
    }
}

async fn connection(client: TcpStream, socket: PathBuf, weather: watch::Sender<Weather>) {
    if *weather.borrow() == Weather::Down {
        let _ = client.set_zero_linger();
        return;
    }
    let Ok(server) = UnixStream::connect(socket).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::select! {
        _ = pump(&mut from_client, &mut to_server, &weather, true) => {}
        _ = pump(&mut from_server, &mut to_client, &weather, false) => {}
    }
    // Both halves go at once; a reset, as a dead machine's neighbour sends it.
    if let Ok(client) = from_client.reunite(to_client) {
        let _ = client.set_zero_linger();
    }
}

/// Carries bytes one way until either end closes or the weather cuts them off.
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    weather: &watch::Sender<Weather>,
    is_request: bool,
) -> io::Result<()> {
    let mut changes = weather.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read?,
            _ = changes.wait_for(|weather| *weather == Weather::Down) => return Ok(()),
        };
        let chunk = &buffer[..read];
        if chunk.is_empty() {
            return Ok(());
        }
        let commits = is_request && chunk.windows(6).any(|window| window == b"COMMIT");
        let now = *weather.borrow();
        match now {
            Weather::Fair => {}
            Weather::Slow(by) => tokio::time::sleep(by).await,
            Weather::Down => return Ok(()),
            // Held back until the weather changes, as in a socket's buffer.
            Weather::Silent => drop(changes.wait_for(|weather| *weather != Weather::Silent).await),
            Weather::CutBeforeCommit if commits => {
                weather.send_replace(Weather::Fair);
                return Ok(());
            }
            Weather::CutAfterCommit if commits => {
                to.write_all(chunk).await?;
                weather.send_replace(Weather::Down);
                let weather = weather.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    weather.send_replace(Weather::Fair);
                });
                return Ok(());
            }
            Weather::CutBeforeCommit | Weather::CutAfterCommit => {}
        }
        to.write_all(chunk).await?;
    }
}
