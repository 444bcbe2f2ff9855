"""A proxy that knows the frames of CQL: it passes them on late, swallows requests, or answers them with an error."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections import Counter
from types import TracebackType

STARTUP, EXECUTE = 0x01, 0x0A
_ERROR = 0x00
_HEADER = struct.Struct(">BBhBI")
_VERSION_OF_ANSWERS = 0x84


class Proxy:
    """Runs an event loop in a thread of its own while it is entered."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        #: How late the server's answers are passed on, in seconds.
        self.delay = 0.0
        #: The code of the error that answers requests of an opcode; None: nothing does. The server does not see them.
        self.answers: dict[int, int | None] = {}
        #: How many requests of each opcode came.
        self.seen: Counter[int] = Counter()
        #: How many connections there are.
        self.open = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Proxy:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._pass, "127.0.0.1", 0), self._loop)
        self._listening = listening.result()
        self.host, self.port = self._listening.sockets[0].getsockname()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._listening.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(*self._server)
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self.open += 1
        parts = [
            asyncio.ensure_future(self._requests(client, to_server, late)),
            asyncio.ensure_future(self._answers(server, late)),
            asyncio.ensure_future(self._deliver(late, to_client)),
        ]
        try:
            # Each goes on until its connection ends.
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            self.open -= 1
            to_server.close()
            to_client.close()

    async def _requests(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, late: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        while True:
            frame, stream, opcode = await _frame(client)
            self.seen[opcode] += 1
            if opcode not in self.answers:
                to_server.write(frame)
                continue
            code = self.answers[opcode]
            if code is not None:
                body = struct.pack(">iH", code, 6) + b"forged"
                late.put_nowait((0.0, _HEADER.pack(_VERSION_OF_ANSWERS, 0, stream, _ERROR, len(body)) + body))

    async def _answers(self, server: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]]) -> None:
        while True:
            frame, _, _ = await _frame(server)
            late.put_nowait((self._loop.time() + self.delay, frame))

    async def _deliver(self, late: asyncio.Queue[tuple[float, bytes]], to_client: asyncio.StreamWriter) -> None:
        while True:
            due, frame = await late.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            to_client.write(frame)


async def _frame(reader: asyncio.StreamReader) -> tuple[bytes, int, int]:
    header = await reader.readexactly(_HEADER.size)
    _, _, stream, opcode, length = _HEADER.unpack(header)
    return header + await reader.readexactly(length), stream, opcode
