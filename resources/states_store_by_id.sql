-- The table of states, keyed by persistence id: recommended for new tables.
CREATE TABLE IF NOT EXISTS ego.states_store (
    persistence_id text,
    version_number bigint,
    state_payload blob,
    state_manifest text,
    timestamp bigint,
    shard_number bigint,
    PRIMARY KEY (persistence_id)
);
