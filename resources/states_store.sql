-- The table of states, keyed by shard: what `create_schema` makes unless told otherwise.
CREATE TABLE IF NOT EXISTS ego.states_store (
    shard_number bigint,
    persistence_id text,
    version_number bigint,
    state_payload blob,
    state_manifest text,
    timestamp bigint,
    PRIMARY KEY (shard_number, persistence_id)
);
