package durablestore

/*
#include <durable_store.h>
*/
import "C"

// Key names the state of an entity.
type Key struct {
	persistenceID string
	// As C takes it: nil for any shard.
	shard *C.uint64_t
}

// ID names the state of an entity in any shard; the newest if several shards have one.
func ID(persistenceID string) Key {
	return Key{persistenceID: persistenceID}
}

// InShard names the state that an entity has in one shard. In a table keyed by id the shard makes no difference.
func InShard(shard uint64, persistenceID string) Key {
	number := C.uint64_t(shard)
	return Key{persistenceID: persistenceID, shard: &number}
}
