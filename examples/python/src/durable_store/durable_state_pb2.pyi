from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DurableState(_message.Message):
    __slots__ = ("persistence_id", "version_number", "resulting_state", "timestamp", "shard")
    PERSISTENCE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    RESULTING_STATE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    persistence_id: str
    version_number: int
    resulting_state: _any_pb2.Any
    timestamp: int
    shard: int
    def __init__(self, persistence_id: _Optional[str] = ..., version_number: _Optional[int] = ..., resulting_state: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., timestamp: _Optional[int] = ..., shard: _Optional[int] = ...) -> None: ...
