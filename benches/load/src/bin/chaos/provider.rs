use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;

use aura_auth::testing::BitbucketStandIn;
use aura_auth_load::Result;
use tokio::runtime::Runtime;

/// The stand-in for Bitbucket, on a runtime of its own that can be switched off.
pub(crate) struct Provider {
    pub(crate) bitbucket: BitbucketStandIn,
    pub(crate) url: String,
    address: SocketAddr,
    machine: Mutex<Option<Runtime>>,
}

impl Provider {
    pub(crate) fn start(callback: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let bitbucket = BitbucketStandIn::new("key", "secret", callback);
        let machine = Mutex::new(Some(serve(listener, &bitbucket)?));
        Ok(Self { bitbucket, url: format!("http://{address}"), address, machine })
    }

    /// Closes all its connections and accepts no new ones.
    pub(crate) fn switch_off(&self) {
        if let Some(machine) = self.machine.lock().ok().and_then(|mut machine| machine.take()) {
            machine.shutdown_background();
        }
    }

    pub(crate) fn switch_on(&self) -> Result {
        // The port becomes free when the last task of the old runtime has ended.
        let listener = loop {
            match tokio::net::TcpSocket::new_v4().and_then(|socket| {
                socket.set_reuseaddr(true)?;
                socket.bind(self.address)?;
                socket.listen(1024)
            }) {
                Ok(listener) => break listener.into_std()?,
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                Err(error) => return Err(error.into()),
            }
        };
        let machine = serve(listener, &self.bitbucket)?;
        if let Ok(mut off) = self.machine.lock() {
            *off = Some(machine);
        }
        Ok(())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.switch_off();
    }
}

fn serve(listener: TcpListener, bitbucket: &BitbucketStandIn) -> Result<Runtime> {
    let machine = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    listener.set_nonblocking(true)?;
    let listener = {
        let _inside = machine.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let router = bitbucket.router::<()>();
    machine.spawn(async move { axum::serve(listener, router).await });
    Ok(machine)
}
