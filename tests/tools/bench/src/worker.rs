//! A contender: a process of its own, so that its CPU time and memory are its own. Reads requests from its input, a JSON
//! line each, and answers each with a line.

mod bare;
mod client;
mod load;
mod ours;
mod scylla;
mod usage;

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result, bail};

use crate::protocol::{Answer, Operation, Reply, Request, Target};
use client::Client;
pub(crate) use client::state;

/// Serves requests until the input ends.
pub(crate) fn run(who: &str, address: &str) -> Result<()> {
    let address: SocketAddr = address.parse().with_context(|| format!("{address:?} is not address:port"))?;
    let connect: fn(SocketAddr, &Target) -> Result<Box<dyn Client>> = match who {
        "ours" => |address, target| Ok(Box::new(ours::Ours::connect(address, target)?)),
        "bare" => |address, target| Ok(Box::new(bare::Bare::connect(address, target)?)),
        "scylla" => |address, target| Ok(Box::new(scylla::Scylla::connect(address, target)?)),
        _ => bail!("there is no worker {who:?}"),
    };
    let mut clients: HashMap<Target, Box<dyn Client>> = HashMap::new();
    let mut answer = |line: &str| -> Result<Answer> {
        let request: Request = serde_json::from_str(line)?;
        if !clients.contains_key(&request.target) {
            clients.insert(request.target.clone(), connect(address, &request.target)?);
        }
        let client = clients.get(&request.target).context("a client that was just made")?;
        match request.op {
            Operation::Warm => {
                let ids: Vec<_> = (0..request.ids).map(client::name).collect();
                client.prepare(&ids)?;
                Ok(Answer::default())
            }
            _ => load::run(&request, client.as_ref()),
        }
    };
    for line in io::stdin().lock().lines() {
        let reply = match answer(&line?) {
            Ok(answer) => Reply::Ran(answer),
            Err(error) => Reply::Failed { error: format!("{error:#}") },
        };
        let mut output = io::stdout().lock();
        writeln!(output, "{}", serde_json::to_string(&reply)?)?;
        output.flush()?;
    }
    Ok(())
}
