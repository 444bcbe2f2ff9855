"""The generated code is that of the repository's message."""

from __future__ import annotations

import re
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor

from durable_store import DurableState


def test_the_generated_message_is_that_of_the_proto_file() -> None:
    proto = (Path(__file__).parents[3] / "resources/durable_state.proto").read_text()
    written = re.findall(r"^ +([\w.]+) (\w+) = (\d+);", proto, re.MULTILINE)
    types = {
        FieldDescriptor.TYPE_STRING: "string",
        FieldDescriptor.TYPE_UINT64: "uint64",
        FieldDescriptor.TYPE_INT64: "int64",
    }
    generated = [
        (types.get(field.type) or field.message_type.full_name, field.name, str(field.number))
        for field in DurableState.DESCRIPTOR.fields
    ]
    assert generated == written
    assert len(written) == 5
    assert DurableState.DESCRIPTOR.full_name == "egopb.DurableState"
