//! Redis: what is published and heard, and the lease.

use std::fmt;
use std::io;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSubStream};
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::LEASE;
use crate::secret::Secret;

/// How long Redis may take for anything. A lease is longer.
const WITHIN: Duration = Duration::from_secs(2);

/// Packets that wait for Redis; a sender that finds no room gives up its connection.
pub(super) const QUEUE: usize = 1_024;

/// So many packets go in one write at the most, and not many more bytes: a few thousand events.
const AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Says that a hub is there, and takes the lease if it is free or renews it if it is one's own. Who does not want it
/// gives an empty name. Gives the name of who has it.
const RENEW: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local leader = redis.call('GET', KEYS[1])
if leader == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
elseif not leader and ARGV[1] ~= '' then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    leader = ARGV[1]
end
return leader";

/// Gives the lease back, if it is one's own.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1";

/// A Redis, and the names that the hubs of one database use in it.
#[derive(Clone)]
pub struct Bus {
    client: Client,
    names: String,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may have a password.
        f.debug_struct("Bus").field("names", &self.names).finish_non_exhaustive()
    }
}

/// Something to be published.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) channel: String,
    pub(super) text: String,
}

impl Bus {
    /// Looks whether a Redis is there. `cluster` tells the hubs of one database from those of another.
    ///
    /// # Errors
    /// An address that is none, a Redis that does not answer or lets nobody in.
    pub async fn open(url: &Secret, cluster: u64) -> Result<Self, RedisError> {
        // For `rediss`. Whoever comes second finds it installed, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        // The braces let a Redis that is many machines keep all of it on one.
        let bus = Self { client: Client::open(url.reveal())?, names: format!("zvonok:{{{cluster:016x}}}:") };
        let mut connection = bus.connect().await?;
        redis::cmd("PING").query_async::<()>(&mut connection).await?;
        Ok(bus)
    }

    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(WITHIN)).set_response_timeout(Some(WITHIN));
        self.client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Everything that is published there from now on. It ends when something may have been missed.
    pub(super) async fn hear(&self, channel: String) -> Result<PubSubStream, RedisError> {
        let hearing = async {
            let mut hearing = self.client.get_async_pubsub().await?;
            hearing.subscribe(channel).await?;
            Ok::<_, RedisError>(hearing.into_on_message())
        };
        timeout(WITHIN, hearing).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Where the leader of that name hears.
    pub(super) fn leader_channel(&self, leader: &str) -> String {
        format!("{}leader:{leader}", self.names)
    }

    /// Where that hub hears.
    pub(super) fn node_channel(&self, node: &str) -> String {
        format!("{}node:{node}", self.names)
    }

    /// See [`RENEW`].
    pub(super) async fn renew(
        &self,
        connection: &mut MultiplexedConnection,
        name: &str,
        node: &str,
    ) -> Result<Option<String>, RedisError> {
        let mut renew = redis::cmd("EVAL");
        renew.arg(RENEW).arg(2).arg(self.lease()).arg(self.nodes_key());
        renew.arg(name).arg(LEASE.as_millis().to_string()).arg(node);
        renew.query_async(connection).await
    }

    /// See [`RELEASE`].
    pub(super) async fn release(&self, connection: &mut MultiplexedConnection, name: &str) -> Result<(), RedisError> {
        redis::cmd("EVAL").arg(RELEASE).arg(1).arg(self.lease()).arg(name).query_async(connection).await
    }

    /// That hub is there no more.
    pub(super) async fn leave(&self, connection: &mut MultiplexedConnection, node: &str) -> Result<(), RedisError> {
        redis::cmd("ZREM").arg(self.nodes_key()).arg(node).query_async(connection).await
    }

    /// The hubs that were there within the length of a lease.
    pub(super) async fn nodes(&self, connection: &mut MultiplexedConnection) -> Result<Vec<String>, RedisError> {
        redis::cmd("ZRANGE").arg(self.nodes_key()).arg(0).arg(-1).query_async(connection).await
    }

    fn lease(&self) -> String {
        format!("{}lease", self.names)
    }

    fn nodes_key(&self) -> String {
        format!("{}nodes", self.names)
    }
}

/// Publishes until Redis does not take it, or nobody is left who says something.
pub(super) async fn speak(
    mut connection: MultiplexedConnection,
    mut said: mpsc::Receiver<Said>,
) -> Result<(), RedisError> {
    while let Some(first) = said.recv().await {
        let mut pipe = redis::pipe();
        let (mut next, mut count, mut bytes) = (Some(first), 0, 0);
        while let Some(Said { channel, text }) = next {
            count += 1;
            bytes += text.len();
            pipe.cmd("PUBLISH").arg(channel).arg(text).ignore();
            next = if count < AT_ONCE && bytes < BYTES_AT_ONCE { said.try_recv().ok() } else { None };
        }
        pipe.query_async::<()>(&mut connection).await?;
    }
    Ok(())
}
