package main

import (
	"fmt"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/proto"
	// So that the registry knows messages that states are made of.
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// serveRequest asks for one call. Bytes are base64.
type serveRequest struct {
	Op string `json:"op"`
	// State is the encoded egopb.DurableState to write.
	State []byte `json:"state"`
	// ID is what to read.
	ID string `json:"id"`
	// Shard is where to read it, if that is known.
	Shard *uint64 `json:"shard"`
}

type written struct {
	OK bool `json:"ok"`
}

// found is what a read came to: the encoded egopb.DurableState and the row's cells.
type found struct {
	Found         bool   `json:"found"`
	State         []byte `json:"state"`
	PersistenceID string `json:"persistence_id"`
	VersionNumber uint64 `json:"version_number"`
	Payload       []byte `json:"state_payload"`
	Manifest      string `json:"state_manifest"`
	Timestamp     int64  `json:"timestamp"`
	ShardNumber   uint64 `json:"shard_number"`
}

func serve(table *table, request serveRequest) any {
	answer, err := call(table, request)
	if err != nil {
		return failure{err.Error()}
	}
	return answer
}

func call(table *table, request serveRequest) (any, error) {
	switch request.Op {
	case "write":
		var state egopb.DurableState
		if err := proto.Unmarshal(request.State, &state); err != nil {
			return nil, fmt.Errorf("state: %w", err)
		}
		return written{true}, table.write(&state)
	case "read":
		row, err := table.read(request.ID, request.Shard)
		if row == nil {
			return found{}, err
		}
		state, err := row.state()
		if err != nil {
			return nil, err
		}
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(state)
		return found{true, encoded, row.persistenceID, row.versionNumber, row.payload, row.manifest, row.timestamp,
			row.shardNumber}, err
	default:
		return nil, fmt.Errorf("op: %q is neither write nor read", request.Op)
	}
}
