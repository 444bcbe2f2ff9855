package durablestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/types/known/anypb"

	"durablestore"
	"durablestore/bank"
)

// What the tests need to be told: a server, as host:port; a keyspace in it that they may fill; and the host:port of
// something that restarts the server when it is sent "restart\n", and says "ok\n" when the server answers again.
const (
	contactPoints = "CASSANDRA_TEST_CONTACT_POINTS"
	keyspace      = "DURABLE_STORE_TEST_KEYSPACE"
	restart       = "DURABLE_STORE_TEST_RESTART"
)

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("the environment variable %s is not set", name)
	}
	return value
}

// table is a table of the test's own, and a store's settings for it: with time enough for a machine that is busy.
type table struct {
	connectionString string
}

func newTable(t *testing.T, layout durablestore.Layout, settings string) table {
	t.Helper()
	name := fmt.Sprintf("go_%08x", rand.Uint32())
	table := table{fmt.Sprintf("cassandra://%s/%s?table=%s&call_timeout=60s&request_timeout=20s%s",
		setting(t, contactPoints), setting(t, keyspace), name, settings)}
	succeeds(t, table.open(t).CreateSchema(t.Context(), durablestore.SchemaOptions{Replication: "1", Layout: layout}))
	return table
}

func (table table) open(t *testing.T) *durablestore.Store {
	t.Helper()
	store, err := durablestore.Open(table.connectionString)
	succeeds(t, err)
	t.Cleanup(func() { succeeds(t, store.Close()) })
	return store
}

func (table table) connect(t *testing.T) *durablestore.Store {
	t.Helper()
	store := table.open(t)
	succeeds(t, store.Connect(t.Context()))
	return store
}

// state is a state of an account.
func state(persistenceID string, version uint64) *egopb.DurableState {
	account, err := anypb.New(&bank.AccountState{AccountId: "42", BalanceCents: int64(version) * 100})
	if err != nil {
		panic(err)
	}
	return &egopb.DurableState{
		PersistenceId: persistenceID, VersionNumber: version, ResultingState: account, Timestamp: 1700000000,
	}
}

func succeeds(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%#v)", err, err)
	}
}

// fails demands an error of a kind, whose message has some words.
func fails(t *testing.T, err error, kind durablestore.Kind, words string) *durablestore.Error {
	t.Helper()
	var failure *durablestore.Error
	if !errors.As(err, &failure) || !errors.Is(err, kind) || failure.Kind() != kind {
		t.Fatalf("expected %v, got %v (%#v)", kind, err, err)
	}
	if !strings.Contains(failure.Error(), words) {
		t.Fatalf("expected %q in the message %q", words, failure.Error())
	}
	return failure
}

// restartServer ends the server, starts it again, and returns when it answers.
func restartServer(t *testing.T) {
	t.Helper()
	connection, err := net.Dial("tcp", setting(t, restart))
	succeeds(t, err)
	defer connection.Close()
	_, err = fmt.Fprintln(connection, "restart")
	succeeds(t, err)
	answer, err := bufio.NewReader(connection).ReadString('\n')
	succeeds(t, err)
	if answer != "ok\n" {
		t.Fatalf("the server was not restarted: %s", answer)
	}
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within two minutes: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
