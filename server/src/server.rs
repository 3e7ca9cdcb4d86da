//! A running server: its threads, one per core.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use socket2::Socket;
use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use weir_time::RUNTIME_EVENT_INTERVAL;

use crate::config::Config;
use crate::connection::handler::Handler;
use crate::connection::{listener, tls};
use crate::core::counters::Counters;
use crate::core::shared::Shared;
use crate::core::thread::Core;
use crate::fault::draw::ServerFaults;
use crate::hub::branch::Branch;
use crate::hub::registry::{Mailbox, Registry};
use crate::router::Router;
use crate::scenario::services::Services;
use crate::schedule::jitter::Ordinals;
use crate::stream::eventless;
use crate::stream::events::EventStreams;

/// A server that runs on threads of its own. Dropped without [`Server::shutdown`] it drains, too, but nobody waits
/// for it.
pub struct Server {
    addr: SocketAddr,
    /// The threads drain when it is dropped.
    stop: watch::Sender<()>,
    cores: Vec<JoinHandle<Counters>>,
}

impl Server {
    /// Binds and starts; on return connections are accepted.
    ///
    /// # Errors
    /// When the address is in use (with [`Config::reuse_port`]: by one that does not share it) or may not be used, the
    /// process is out of descriptors or threads, a file of [`Config::tls`] is not what it is to be, or `threads` is 0.
    pub fn start(config: &Config) -> io::Result<Self> {
        let sockets = listener::bind(config.listen, config.threads, config.reuse_port)?;
        for socket in &sockets {
            listener::give_up_after(socket, config.limits.peer_time)?;
        }
        let first = sockets.first().ok_or_else(no_threads)?;
        let addr = listener::local_addr(first)?;
        let (stop, stopped) = watch::channel(());
        let (common, mailboxes) = Common::new(config)?;
        let cores = (0..)
            .zip(sockets)
            .zip(mailboxes)
            .map(|((number, socket), mailbox)| {
                let prepared = Prepared {
                    common: common.clone(),
                    number,
                    socket,
                    mailbox,
                    stopped: stopped.clone(),
                };
                spawn_core(prepared)
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { addr, stop, cores })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no more connections, ends open streams between two events, and returns what was sent when all connections
    /// are closed or [`Config::drain`] has passed. Blocks.
    ///
    /// # Panics
    /// When a thread of the server has.
    pub fn shutdown(self) -> Counters {
        drop(self.stop);
        let mut total = Counters::default();
        for core in self.cores {
            total.merge(&core.join().expect("a core does not panic"));
        }
        total
    }
}

fn no_threads() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "a server needs at least one thread",
    )
}

/// What all cores of a server are made with.
#[derive(Clone)]
struct Common {
    config: Arc<Config>,
    shared: Arc<Shared>,
    registry: Arc<Registry>,
    faults: Arc<ServerFaults>,
    ordinals: Ordinals,
    tls: Option<TlsAcceptor>,
}

impl Common {
    /// With what is to come to each core.
    ///
    /// # Errors
    /// When there is no such certificate as it is to show.
    fn new(config: &Config) -> io::Result<(Self, Vec<Mailbox>)> {
        let (registry, mailboxes) = Registry::new(config.threads, config.fanout.history);
        let tls = config.tls.as_ref();
        let acceptor = tls.map(|tls| tls::acceptor(tls, config.listen.ip()));
        let retry_ms = u64::try_from(config.drain_retry.as_millis()).unwrap_or(u64::MAX);
        let farewell = (!config.drain_retry.is_zero()).then(|| eventless::retry(retry_ms));
        let shared = Shared::new(config.threads, config.limits.clone(), farewell);
        let faults = ServerFaults::new(config.faults.clone(), config.fault_seed);
        let common = Self {
            config: Arc::new(config.clone()),
            shared: Arc::new(shared),
            registry: Arc::new(registry),
            faults: Arc::new(faults),
            ordinals: Ordinals::default(),
            tls: acceptor.transpose()?,
        };
        Ok((common, mailboxes))
    }

    /// What answers the requests that come to `core`.
    fn router(&self, core: &Rc<Core>) -> Router {
        let settings = self.config.fanout.clone();
        let services = Services {
            core: Rc::clone(core),
            event_streams: EventStreams::new(self.ordinals.clone()),
            hub: Rc::new(Branch::new(core, Arc::clone(&self.registry), settings)),
            upstream: self.config.upstream.clone(),
            recording: self.config.scenario.clone(),
        };
        Router {
            services: Rc::new(services),
            faults: Arc::clone(&self.faults),
            compress: self.config.compress,
        }
    }
}

/// What a core's thread is given.
struct Prepared {
    common: Common,
    number: usize,
    socket: Socket,
    mailbox: Mailbox,
    stopped: watch::Receiver<()>,
}

/// Returns when the core is ready.
fn spawn_core(prepared: Prepared) -> io::Result<JoinHandle<Counters>> {
    let (ready, started) = sync_channel(1);
    let thread = thread::Builder::new().name("weir-core".to_owned());
    let handle = thread.spawn(move || run_core(prepared, &ready))?;
    started.recv().expect("a core says how its start went")?;
    Ok(handle)
}

fn run_core(prepared: Prepared, ready: &SyncSender<io::Result<()>>) -> Counters {
    const HEARD: &str = "the thread that spawned a core waits for it";
    let Prepared {
        common,
        number,
        socket,
        mailbox,
        stopped,
    } = prepared;
    match prepare(socket, &common.shared, number) {
        Ok((runtime, listener, core)) => {
            ready.send(Ok(())).expect(HEARD);
            let router = Rc::new(common.router(&core));
            // The set is dropped with this block, and with it whatever is still open after the drain.
            let tasks = LocalSet::new();
            tasks.spawn_local(Rc::clone(&core).run());
            tasks.spawn_local(Rc::clone(&router.services.hub).run(mailbox));
            tasks.block_on(&runtime, run(&common, router, listener, stopped));
            let stats = core.stats();
            Counters {
                cut: stats.open_streams(),
                ..stats.counters()
            }
        }
        Err(error) => {
            ready.send(Err(error)).expect(HEARD);
            Counters::default()
        }
    }
}

fn prepare(
    socket: Socket,
    shared: &Arc<Shared>,
    number: usize,
) -> io::Result<(Runtime, TcpListener, Rc<Core>)> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(RUNTIME_EVENT_INTERVAL)
        .build()?;
    let context = runtime.enter();
    let listener = TcpListener::from_std(socket.into())?;
    let core = Rc::new(Core::new(shared, number)?);
    drop(context);
    Ok((runtime, listener, core))
}

/// Accepts until the server stops, then drains.
async fn run(
    common: &Common,
    router: Rc<Router>,
    listener: TcpListener,
    mut stopped: watch::Receiver<()>,
) {
    let (open, mut closed) = mpsc::channel(1);
    tokio::select! {
        _ = stopped.changed() => {}
        never = listener::accept(&router, common.tls.as_ref(), &listener, open) => match never {},
    }
    drop(listener);
    router.core().drain();
    // Nothing is ever sent: it closes when the last connection lets go of its end.
    let _ = timeout(common.config.drain, closed.recv()).await;
}
