package main

import (
	"fmt"
	"strconv"
)

// tables are the tables of a benchmark, each opened when it is first asked for.
type tables struct {
	contactPoint string
	settings     settings
	open         map[string]*table
	ids          []string
}

func newTables(contactPoint string, settings settings) *tables {
	return &tables{contactPoint: contactPoint, settings: settings, open: map[string]*table{}}
}

func (t *tables) get(request benchRequest) (*table, error) {
	if request.Keyspace == "" {
		return nil, fmt.Errorf("keyspace is missing")
	}
	found, isOpen := t.open[request.Keyspace]
	if !isOpen {
		var err error
		if found, err = open(t.contactPoint, request.Keyspace, t.settings); err != nil {
			return nil, err
		}
		t.open[request.Keyspace] = found
	}
	named := *found
	if request.Table != "" {
		named.name = request.Table
	}
	return &named, nil
}

// names are so many ids: bench-0, bench-1 and so on. They are kept: making them anew would leave garbage to each run.
func (t *tables) names(count int) []string {
	count = max(count, 0)
	for len(t.ids) < count {
		t.ids = append(t.ids, "bench-"+strconv.Itoa(len(t.ids)))
	}
	return t.ids[:count]
}

func (t *tables) close() {
	for _, table := range t.open {
		table.close()
	}
}
