//! Makes a fault, and then repairs it.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use cluster::Node;
use fastrand::Rng;
use proxy::{Action, Passing, Proxy, opcode};

use crate::{
    schedule::{Fault, Reach},
    test_cluster::TestCluster,
};

/// Returns when the nodes are all back.
///
/// # Errors
/// When a node cannot be ended, or does not come back.
pub(crate) fn run(cluster: &TestCluster, fault: &Fault, rng: &mut Rng) -> Result<()> {
    match *fault {
        Fault::Kill { node, away } => {
            let node = at(cluster, node)?;
            node.kill()?;
            sleep(away);
            node.start()
        }
        Fault::Hang { node, lasts } => {
            let node = at(cluster, node)?;
            node.pause()?;
            sleep(lasts);
            node.resume()
        }
        Fault::Cut { every, lasts } => {
            let over = Instant::now() + lasts;
            while Instant::now() < over {
                cut_one(cluster, rng);
                sleep(every);
            }
            Ok(())
        }
        Fault::Delay { reach, most, lasts } => {
            let most = most.as_secs_f64();
            disturb(cluster, reach, lasts, rng, move |passing, rng| {
                let delay = Duration::from_secs_f64(most * rng.f64());
                if passing.is_answer_to(opcode::EXECUTE) { Action::Delay(delay) } else { Action::Pass }
            });
            Ok(())
        }
        Fault::Drop { reach, percent, lasts } => {
            disturb(cluster, reach, lasts, rng, move |passing, rng| {
                let is_lost = passing.is_answer_to(opcode::EXECUTE) && rng.u8(0..100) < percent;
                if is_lost { Action::Swallow } else { Action::Pass }
            });
            // No connection goes on as if nothing had been lost; the driver keeps what it waits for on each while it is open.
            let reached = cluster.proxies().iter().enumerate().filter(|(index, _)| reach.includes(*index));
            reached.for_each(|(_, proxy)| proxy.connections().into_iter().for_each(|connection| proxy.cut(connection)));
            Ok(())
        }
        Fault::Restart => cluster.nodes().iter().try_for_each(|node| {
            node.stop()?;
            node.start()
        }),
        Fault::TwoAway { stays, killed, lasts } => {
            let others: Vec<&Node> =
                cluster.nodes().iter().enumerate().filter(|(index, _)| *index != stays).map(|(_, node)| node).collect();
            others.iter().try_for_each(|node| if killed { node.kill() } else { node.pause() })?;
            sleep(lasts);
            others.iter().try_for_each(|node| if killed { node.spawn() } else { node.resume() })?;
            others.iter().try_for_each(|node| node.wait_ready(Duration::from_secs(120)))
        }
    }
}

fn at(cluster: &TestCluster, index: usize) -> Result<&Node> {
    cluster.nodes().get(index).context("there is no such node")
}

fn cut_one(cluster: &TestCluster, rng: &mut Rng) {
    let open: Vec<(&Proxy, usize)> = cluster
        .proxies()
        .iter()
        .flat_map(|proxy| proxy.connections().into_iter().map(move |connection| (proxy, connection)))
        .collect();
    if let Some((proxy, connection)) = rng.choice(open) {
        proxy.cut(connection);
    }
}

/// Does something with what passes some proxies, for a while.
fn disturb(
    cluster: &TestCluster,
    reach: Reach,
    lasts: Duration,
    rng: &mut Rng,
    act: impl Fn(&Passing<'_>, &mut Rng) -> Action + Copy + Send + 'static,
) {
    let reached: Vec<&Proxy> = cluster
        .proxies()
        .iter()
        .enumerate()
        .filter(|(index, _)| reach.includes(*index))
        .map(|(_, proxy)| proxy)
        .collect();
    for proxy in &reached {
        let mut rng = rng.fork();
        proxy.hook(move |passing| act(passing, &mut rng));
    }
    sleep(lasts);
    reached.iter().for_each(|proxy| proxy.pass());
}
