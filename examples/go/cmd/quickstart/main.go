// Quickstart writes the state of an account, writes it again with another balance, and reads it back.
//
//	go run ./cmd/quickstart cassandra://10.0.0.1/ego
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/types/known/anypb"

	"durablestore"
	"durablestore/bank"
)

func main() {
	connectionString := "cassandra://127.0.0.1/ego"
	if len(os.Args) > 1 {
		connectionString = os.Args[1]
	}
	if err := run(context.Background(), connectionString); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, connectionString string) error {
	store, err := durablestore.Open(connectionString)
	if err != nil {
		return err
	}
	defer store.Close()

	if err := store.CreateSchema(ctx, durablestore.SchemaOptions{Replication: "1"}); err != nil {
		return err
	}
	fmt.Println("The table is there.")
	if err := store.Connect(ctx); err != nil {
		return err
	}
	fmt.Println("Connected.")

	for version, balance := range []int64{4200, 5100} {
		if err := write(ctx, store, "account-42", uint64(version)+1, balance); err != nil {
			return err
		}
		if err := show(ctx, store, "account-42"); err != nil {
			return err
		}
	}
	if err := show(ctx, store, "account-43"); err != nil {
		return err
	}

	if err := store.Ping(ctx); err != nil {
		return err
	}
	fmt.Println("The server answers a ping.")
	if err := store.Disconnect(ctx); err != nil {
		return err
	}
	fmt.Println("Disconnected.")
	return nil
}

func write(ctx context.Context, store *durablestore.Store, persistenceID string, version uint64, balance int64) error {
	account, err := anypb.New(&bank.AccountState{AccountId: persistenceID, BalanceCents: balance})
	if err != nil {
		return err
	}
	err = store.WriteState(ctx, &egopb.DurableState{
		PersistenceId:  persistenceID,
		VersionNumber:  version,
		ResultingState: account,
		Timestamp:      time.Now().UnixMilli(),
	})
	if err != nil {
		return err
	}
	fmt.Printf("Wrote version %d of %s with a balance of %d cents.\n", version, persistenceID, balance)
	return nil
}

// show reads the latest state of an account from the server and prints it.
func show(ctx context.Context, store *durablestore.Store, persistenceID string) error {
	state, err := store.GetLatestState(ctx, persistenceID)
	if err != nil {
		return err
	}
	if state == nil {
		fmt.Printf("Read from the server: there is no state of %s.\n", persistenceID)
		return nil
	}
	var account bank.AccountState
	if err := state.GetResultingState().UnmarshalTo(&account); err != nil {
		return err
	}
	fmt.Printf("Read from the server: version %d of %s has a balance of %d cents.\n",
		state.GetVersionNumber(), account.GetAccountId(), account.GetBalanceCents())
	return nil
}
