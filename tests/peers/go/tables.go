package main

import "fmt"

// tables are the tables of a benchmark, each opened when it is first asked for.
type tables struct {
	contactPoint string
	open         map[opened]*table
}

type opened struct {
	keyspace string
	settings settings
}

func newTables(contactPoint string) *tables {
	return &tables{contactPoint, map[opened]*table{}}
}

func (t *tables) get(request benchRequest) (*table, error) {
	if request.Keyspace == "" {
		return nil, fmt.Errorf("keyspace is missing")
	}
	var chosen settings
	switch request.Settings {
	case "", "original":
		chosen = theOriginals
	case "tuned":
		chosen = tuned
	default:
		return nil, fmt.Errorf("settings: %q is neither original nor tuned", request.Settings)
	}
	key := opened{request.Keyspace, chosen}
	found, isOpen := t.open[key]
	if !isOpen {
		var err error
		if found, err = open(t.contactPoint, request.Keyspace, chosen); err != nil {
			return nil, err
		}
		t.open[key] = found
	}
	named := *found
	if request.Table != "" {
		named.name = request.Table
	}
	return &named, nil
}

func (t *tables) close() {
	for _, table := range t.open {
		table.close()
	}
}
