"""Passes log lines of the library and its driver to Python's `logging`."""

from __future__ import annotations

import atexit
import logging

from ._calls import call
from ._native import LogCallback, library

# From the least to the most; a line of trace is below DEBUG.
_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG, 5: 5}


def _tell(_context: int | None, level: int, target: bytes, message: bytes) -> None:
    logger = logging.getLogger(target.decode("utf-8", "replace").replace("::", "."))
    logger.log(_LEVELS.get(level, logging.INFO), "%s", message.decode("utf-8", "replace"))


# Never freed: threads of the driver may be in it at any time.
_CALLBACK = LogCallback(_tell)
_NOBODY = LogCallback()


def forward_log(level: int | None = logging.INFO) -> None:
    """Passes the library's lines of this level and above to the loggers `durable_store` and below; None: no more lines.

    Below this level they cost next to nothing.
    """
    if level is None:
        call(library.durable_store_set_log, _NOBODY, None, 0)
        return
    most = max((number for number, name in _LEVELS.items() if name >= level), default=1)
    call(library.durable_store_set_log, _CALLBACK, None, most)


# No thread of the driver may enter an interpreter that has ended.
atexit.register(forward_log, None)
