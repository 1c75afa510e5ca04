//! A listener that a careless server would connect to: it counts who knocks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

pub struct Trap {
    address: SocketAddr,
    knocks: Arc<AtomicUsize>,
}

impl Trap {
    pub async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let knocks = Arc::new(AtomicUsize::new(0));
        let counter = knocks.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, knocks }
    }

    /// A URL that leads here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Nobody came, and the trap would have told: the test itself is the first to knock.
    pub async fn assert_untouched(self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(self.knocks.load(Ordering::SeqCst), 0, "somebody connected to the trap");
        let own = TcpStream::connect(self.address).await.unwrap();
        while self.knocks.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(own);
    }
}
