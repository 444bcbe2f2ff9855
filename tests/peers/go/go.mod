module durable-store/peer

go 1.26.0

require (
	github.com/apache/cassandra-gocql-driver/v2 v2.1.0
	github.com/tochemey/ego/v4 v4.1.0
	google.golang.org/protobuf v1.36.11
)

require (
	github.com/golang/snappy v0.0.4 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
)
