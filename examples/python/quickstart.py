"""Writes the state of an account, writes it again with another balance, and reads it back.

python quickstart.py cassandra://127.0.0.1:9042/ego
"""

from __future__ import annotations

import sys

from google.protobuf.struct_pb2 import Struct

from durable_store import DurableStore, Layout, new_state


def account(balance_cents: int) -> Struct:
    """Any message can be a state; this one needs no generated code."""
    message = Struct()
    message.update({"account_id": "account-42", "balance_cents": balance_cents})
    return message


def show(store: DurableStore, persistence_id: str) -> None:
    """Reads the latest state of an account from the server and prints it."""
    state = store.get_latest_state(persistence_id)
    if state is None:
        print(f"Read from the server: there is no state of {persistence_id}.")
        return
    message = Struct()
    state.resulting_state.Unpack(message)
    balance = int(message.fields["balance_cents"].number_value)
    print(f"Read from the server: version {state.version_number} of {persistence_id} has a balance of {balance} cents.")


def main() -> None:
    connection_string = sys.argv[1] if len(sys.argv) > 1 else "cassandra://127.0.0.1"
    with DurableStore(connection_string) as store:
        store.create_schema("1", layout=Layout.BY_ID)
        print("The table is there.")
        store.connect()
        print("Connected.")
        for version_number, balance_cents in [(1, 4200), (2, 5100)]:
            store.write_state(new_state("account-42", version_number, account(balance_cents)))
            print(f"Wrote version {version_number} of account-42 with a balance of {balance_cents} cents.")
            show(store, "account-42")
        show(store, "account-43")
        store.ping()
        print("The server answers a ping.")
        store.disconnect()
        print("Disconnected.")


if __name__ == "__main__":
    main()
