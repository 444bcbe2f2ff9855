package durablestore_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"durablestore"
)

// lines is what a logger wrote. Threads of the driver write too.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

func (l *lines) take() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

func TestEventsGoToALoggerUntilThereIsNone(t *testing.T) {
	written := new(lines)
	all := &slog.HandlerOptions{Level: slog.LevelDebug - 4}
	succeeds(t, durablestore.SetLogger(slog.New(slog.NewTextHandler(written, all)), slog.LevelDebug-4))
	defer func() { succeeds(t, durablestore.SetLogger(nil, slog.LevelInfo)) }()
	ping := func() {
		store, err := durablestore.Open("cassandra://127.0.0.1:1/ego")
		succeeds(t, err)
		defer store.Close()
		fails(t, store.Ping(t.Context()), durablestore.ErrUnreachable, "")
	}
	ping()
	if text := written.take(); !strings.Contains(text, "target=durable_store") || !strings.Contains(text, "127.0.0.1") {
		t.Errorf("%s", text)
	}
	succeeds(t, durablestore.SetLogger(nil, slog.LevelInfo))
	written.take()
	ping()
	if text := written.take(); text != "" {
		t.Errorf("%s", text)
	}
}
