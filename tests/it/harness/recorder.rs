//! A server that writes down what reaches it and answers as it is told: the API behind a gateway, or a stand-in for Countersign.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::http::Response;

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reached {
    /// Every value of a header, in order.
    pub fn headers(&self, wanted: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// It listens until it is dropped, and then nobody does.
pub struct Recorder {
    pub address: SocketAddr,
    notes: Arc<Notes>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

struct Notes {
    answer: Box<dyn Fn(&Reached) -> Response + Send + Sync>,
    connections: AtomicUsize,
    reached: Mutex<Vec<Reached>>,
}

impl Recorder {
    pub async fn start(answer: impl Fn(&Reached) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, reached) = (AtomicUsize::new(0), Mutex::default());
        let notes = Arc::new(Notes { answer: Box::new(answer), connections, reached });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, notes.clone(), stopped));
        Self { address, notes, stop, task }
    }

    /// What has reached it since this was last asked.
    pub fn reached(&self) -> Vec<Reached> {
        std::mem::take(&mut self.notes.reached.lock().unwrap())
    }

    /// The one request that has reached it since.
    #[track_caller]
    pub fn reached_once(&self) -> Reached {
        let mut reached = self.reached();
        assert_eq!(reached.len(), 1, "{reached:?}");
        reached.remove(0)
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.notes.connections.load(Ordering::Relaxed)
    }

    /// Closes its connections and its port, and waits until they are closed.
    pub async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

async fn accept(listener: TcpListener, notes: Arc<Notes>, mut stopped: oneshot::Receiver<()>) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        notes.connections.fetch_add(1, Ordering::Relaxed);
        open.spawn(connection(accepted.unwrap().0, notes.clone()));
    }
    drop(listener);
    open.shutdown().await;
}

async fn connection(stream: TcpStream, notes: Arc<Notes>) {
    let service = service_fn(|request| {
        let notes = notes.clone();
        async move { Ok::<_, Infallible>(notes.take(request).await) }
    });
    // A gateway may close it at any time.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Notes {
    async fn take(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let reached = Reached { method: head.method.to_string(), target: head.uri.to_string(), headers, body };
        let answer = (self.answer)(&reached);
        self.reached.lock().unwrap().push(reached);
        let mut response = http::Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        response.body(Full::from(answer.body)).unwrap()
    }
}
