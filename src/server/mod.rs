//! The listeners: connections in, requests observed, and a shutdown that drains.

mod background;
mod observe;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::app::App;
use crate::guard::transport::{MAX_HEADER_FIELDS, MAX_HEADERS};
use crate::routes;

/// How long a connection may take to send its request head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a request head that are read at all; [`MAX_HEADERS`] of them are accepted.
const HEAD_BUFFER: usize = 64 * 1024;
/// Requests of one HTTP/2 connection at a time.
const MAX_STREAMS: u32 = 100;

/// Serves both listeners until `shutdown`, then lets open requests finish and writes what is still in memory.
pub async fn serve(app: Arc<App>, public: TcpListener, admin: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let listeners = [(public, routes::public(app.clone())), (admin, routes::operations(app.clone()))];
    serve_routers(app, listeners, shutdown).await
}

/// The same with whatever routes; [`serve`] has the product's.
pub async fn serve_routers(
    app: Arc<App>,
    listeners: [(TcpListener, Router); 2],
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop_public, public_stopped) = watch::channel(false);
    let (stop_rest, rest_stopped) = watch::channel(false);
    let background = tokio::spawn(background::run(app.clone(), rest_stopped.clone()));
    let spawn = |(listener, router), stopped| tokio::spawn(accept(app.clone(), listener, router, stopped));
    let [public, operations] = listeners;
    let (public, operations) = (spawn(public, public_stopped), spawn(operations, rest_stopped));
    shutdown.await;
    tracing::info!(drain_seconds = app.config.server.drain_seconds, "shutting down");
    app.drain();
    // Operations can look on while partners' requests finish: the node says that it is not ready any more.
    for (stop, tasks) in [(stop_public, vec![public]), (stop_rest, vec![operations, background])] {
        // The receivers live in the tasks; that all of them may be gone already is no failure.
        let _ = stop.send(true);
        for task in tasks {
            task.await.map_err(io::Error::other)?;
        }
    }
    app.audit.shutdown().await;
    app.db.close().await;
    Ok(())
}

/// Accepts connections until told to stop, then waits for the open ones, but not for ever.
async fn accept(app: Arc<App>, listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(app.config.server.max_connections));
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &places) => accepted,
            _ = stopped.changed() => break,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let connection = serve_connection(app.clone(), (stream, peer), router.clone(), &graceful);
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: give the open connections time to end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    // Closed before the wait: the system would go on taking connections that nobody serves.
    drop(listener);
    if tokio::time::timeout(app.config.server.drain(), graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open when the time to drain was over");
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, SocketAddr, Place)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

fn serve_connection(
    app: Arc<App>,
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BUFFER)
        .max_headers(MAX_HEADER_FIELDS);
    let header_list = u32::try_from(MAX_HEADERS).unwrap_or(u32::MAX);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MAX_STREAMS).max_header_list_size(header_list);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (app, router) = (app.clone(), router.clone());
        async move { Ok::<_, Infallible>(observe::answer(&app, router, peer.ip(), request.map(Body::new)).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}
