// Command peer does what eGo's Go module "Durable State Store (Cassandra)" does, for tests and benchmarks of
// durable-store: one JSON request a line on standard input, one JSON answer a line on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

const usage = "usage: peer serve <host:port> <keyspace> | peer bench <host:port> original|tuned"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 3 && arguments[0] == "serve":
		table, err := open(arguments[1], arguments[2], theOriginals)
		if err != nil {
			return err
		}
		defer table.close()
		return answerAll(func(request serveRequest) any { return serve(table, request) })
	case len(arguments) == 3 && arguments[0] == "bench":
		settings, err := settingsOf(arguments[2])
		if err != nil {
			return err
		}
		tables := newTables(arguments[1], settings)
		defer tables.close()
		return answerAll(func(request benchRequest) any { return bench(tables, request) })
	default:
		return fmt.Errorf("%s", usage)
	}
}

// failure is the answer to a request that could not be done.
type failure struct {
	Error string `json:"error"`
}

// answerAll answers each line of standard input until it ends. A line that is no request is answered too.
func answerAll[Request any](answer func(Request) any) error {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		var request Request
		var result any
		if err := json.Unmarshal(line, &request); err != nil {
			result = failure{err.Error()}
		} else {
			result = answer(request)
		}
		if err := answers.Encode(result); err != nil {
			return err
		}
	}
}
