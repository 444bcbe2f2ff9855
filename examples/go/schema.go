package durablestore

/*
#include <durable_store.h>
*/
import "C"

import "context"

// Layout says how a table is keyed.
type Layout int32

const (
	// ByShard keys the table by shard and id.
	ByShard Layout = C.DURABLE_STORE_BY_SHARD
	// ByID keys the table by id: the choice for every new table, and the only one for a versioned table.
	ByID Layout = C.DURABLE_STORE_BY_ID
)

// SchemaOptions are the options of the table to create. Keyspace, table and write mode come from the connection string.
type SchemaOptions struct {
	// Replication is a number of copies ("3"), or one per datacenter ("dc1:3,dc2:2").
	Replication string
	Layout      Layout
	// NoIndex leaves out the index that reads by id need in a table keyed by shard.
	NoIndex bool
}

// CreateSchema creates the keyspace, the table and its index as far as they are missing. It needs no Connect before.
func (s *Store) CreateSchema(ctx context.Context, options SchemaOptions) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		replication, length := textPointer(options.Replication)
		return C.durable_store_create_schema(
			handle, replication, length, C.int32_t(options.Layout), C.bool(!options.NoIndex), failure)
	})
}

// SchemaCQL returns the CQL that CreateSchema runs, to be run by hand.
func (s *Store) SchemaCQL(ctx context.Context, options SchemaOptions) (string, error) {
	var cql buffer
	err := s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		replication, length := textPointer(options.Replication)
		return C.durable_store_schema_cql(
			handle, replication, length, C.int32_t(options.Layout), C.bool(!options.NoIndex),
			&cql.start, &cql.length, failure)
	})
	if err != nil {
		return "", err
	}
	return cql.takeText(), nil
}
