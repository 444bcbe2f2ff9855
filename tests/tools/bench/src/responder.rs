//! A server that answers at once and always the same, so that a client's instructions can be counted: Cassandra's native
//! protocol, version 4, as far as connecting, preparing, writing and reading one state go.

mod body;

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

use anyhow::Result;
use durable_store::{DurableState, prost::Message};

use body::{Body, Type};

const HEADER: usize = 9;
const INSERT: &[u8] = b"insert";
const SELECT: &[u8] = b"select";

/// Columns of states in the order of the store's statements, with the type of each.
const STATE: [(&str, Type); 5] = [
    ("version_number", Type::Bigint),
    ("state_payload", Type::Blob),
    ("state_manifest", Type::Text),
    ("timestamp", Type::Bigint),
    ("shard_number", Type::Bigint),
];
const WRITTEN_AT: (&str, Type) = ("writetime(version_number)", Type::Bigint);
const ID: (&str, Type) = ("persistence_id", Type::Text);

/// When the state was written: in the year 2023.
const WRITTEN_AT_MICROS: i64 = 1_700_000_000_000_000;

mod opcode {
    pub(super) const ERROR: u8 = 0x00;
    pub(super) const STARTUP: u8 = 0x01;
    pub(super) const READY: u8 = 0x02;
    pub(super) const OPTIONS: u8 = 0x05;
    pub(super) const SUPPORTED: u8 = 0x06;
    pub(super) const QUERY: u8 = 0x07;
    pub(super) const RESULT: u8 = 0x08;
    pub(super) const PREPARE: u8 = 0x09;
    pub(super) const EXECUTE: u8 = 0x0A;
    pub(super) const REGISTER: u8 = 0x0B;
}

/// Answers connections on a free port for as long as this process lives. Every read finds `state`.
pub(crate) fn start(state: &DurableState) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let answers = Answers::new(state);
    thread::Builder::new().name("responder".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = answers.clone();
            // A client that goes away ends its thread.
            thread::spawn(move || serve(stream, &answers));
        }
    })?;
    Ok(address)
}

fn serve(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header)?;
        let [version, _, stream1, stream2, opcode, l1, l2, l3, l4] = header;
        let mut request = vec![0; u32::from_be_bytes([l1, l2, l3, l4]) as usize];
        stream.read_exact(&mut request)?;
        let (opcode, body) = if version == 4 {
            answers.to(opcode, &request)
        } else {
            // The client comes back with version 4.
            (opcode::ERROR, Body::default().int(0x000A).string("unsupported protocol version").0)
        };
        let mut frame = vec![0x84, 0, stream1, stream2, opcode];
        frame.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend(body);
        stream.write_all(&frame)?;
    }
}

/// The answers that do not depend on the request.
#[derive(Clone)]
struct Answers {
    row: Vec<u8>,
    /// For a client that knows the columns from preparing.
    row_without_columns: Vec<u8>,
}

impl Answers {
    fn new(state: &DurableState) -> Self {
        let payload = state.resulting_state.as_ref().map(Message::encode_to_vec).unwrap_or_default();
        let cells = |body: Body| {
            body.int(1)
                .bytes(&state.version_number.to_be_bytes())
                .bytes(&payload)
                .bytes(b"google.protobuf.Any")
                .bytes(&state.timestamp.to_be_bytes())
                .bytes(&state.shard.to_be_bytes())
                .bytes(&WRITTEN_AT_MICROS.to_be_bytes())
                .0
        };
        let columns = read_columns();
        Self { row: cells(Body::rows(&columns)), row_without_columns: cells(Body::rows_without_columns(columns.len())) }
    }

    fn to(&self, opcode: u8, request: &[u8]) -> (u8, Vec<u8>) {
        match opcode {
            opcode::OPTIONS => (opcode::SUPPORTED, Body::default().short(0).0),
            opcode::STARTUP | opcode::REGISTER => (opcode::READY, Vec::new()),
            opcode::QUERY => (opcode::RESULT, to_query(&text_of(request))),
            opcode::PREPARE => (opcode::RESULT, to_prepare(&text_of(request))),
            opcode::EXECUTE => (opcode::RESULT, self.to_execute(request)),
            _ => (opcode::ERROR, Body::default().int(0x000A).string(&format!("opcode {opcode}")).0),
        }
    }

    fn to_execute(&self, request: &[u8]) -> Vec<u8> {
        let (id, rest) = request.get(2..).unwrap_or_default().split_at_checked(SELECT.len()).unwrap_or_default();
        // Behind the consistency come the flags.
        let skips_columns = rest.get(2).is_some_and(|flags| flags & 0x02 != 0);
        match (id == SELECT, skips_columns) {
            (false, _) => Body::void().0,
            (true, false) => self.row.clone(),
            (true, true) => self.row_without_columns.clone(),
        }
    }
}

fn text_of(request: &[u8]) -> String {
    let length = request.first_chunk().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    String::from_utf8_lossy(request.get(4..4 + length).unwrap_or_default()).into_owned()
}

/// What is asked while connecting, by the driver and by the store.
fn to_query(cql: &str) -> Vec<u8> {
    if cql.contains("system.local") {
        let columns = [
            ("key", Type::Text),
            ("cluster_name", Type::Text),
            ("data_center", Type::Text),
            ("rack", Type::Text),
            ("release_version", Type::Text),
            ("partitioner", Type::Text),
            ("host_id", Type::Uuid),
            ("schema_version", Type::Uuid),
            ("rpc_address", Type::Inet),
        ];
        let mut body = Body::rows(&columns).int(1);
        for text in ["local", "bench", "dc1", "r1", "5.0.6", "org.apache.cassandra.dht.Murmur3Partitioner"] {
            body = body.bytes(text.as_bytes());
        }
        return body.bytes(&[1; 16]).bytes(&[2; 16]).bytes(&Ipv4Addr::LOCALHOST.octets()).0;
    }
    if cql.starts_with("SELECT column_name, kind, position, type, clustering_order FROM system_schema.columns") {
        let columns = [
            ("column_name", Type::Text),
            ("kind", Type::Text),
            ("position", Type::Int),
            ("type", Type::Text),
            ("clustering_order", Type::Text),
        ];
        let mut body = Body::rows(&columns).int(6);
        for (name, r#type) in STATE.into_iter().chain([ID]) {
            let kind = if name == ID.0 { "partition_key" } else { "regular" };
            let position = if name == ID.0 { 0_i32 } else { -1 };
            body = body.bytes(name.as_bytes()).bytes(kind.as_bytes()).bytes(&position.to_be_bytes());
            body = body.bytes(r#type.cql().as_bytes()).bytes(b"none");
        }
        return body.0;
    }
    Body::rows(&[]).int(0).0
}

fn to_prepare(cql: &str) -> Vec<u8> {
    if cql.starts_with("INSERT") {
        let values: Vec<_> = STATE.into_iter().chain([ID]).collect();
        return Body::prepared(INSERT, &values, 5, &[]).0;
    }
    Body::prepared(SELECT, &[ID], 0, &read_columns()).0
}

/// What a read of a state selects.
fn read_columns() -> Vec<(&'static str, Type)> {
    STATE.into_iter().chain([WRITTEN_AT]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::cql::Client;
    use std::time::Duration;

    #[test]
    fn a_client_finds_the_table_and_no_index() {
        let address = start(&DurableState::default()).unwrap();
        let mut client = Client::connect(address, Duration::from_secs(10)).unwrap();
        let columns = client
            .query("SELECT column_name, kind, position, type, clustering_order FROM system_schema.columns")
            .unwrap();
        assert_eq!(columns.rows.len(), 6);
        assert_eq!(columns.text(5, 0).as_deref(), Some("persistence_id"));
        assert_eq!(client.query("SELECT * FROM system_schema.indexes").unwrap().rows.len(), 0);
        let local = client.query("SELECT * FROM system.local").unwrap();
        assert_eq!(local.text(0, 2).as_deref(), Some("dc1"));
    }

    #[test]
    fn a_read_carries_columns_unless_they_are_known() {
        let answers = Answers::new(&DurableState::default());
        let request = |flags: u8| [&[0, 6], SELECT, &[0, 6, flags]].concat();
        assert!(answers.to_execute(&request(0)).len() > answers.to_execute(&request(2)).len());
        assert_eq!(answers.to_execute(&[&[0, 6], INSERT, &[0, 6, 0]].concat()), Body::void().0);
    }
}
