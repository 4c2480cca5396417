"""Progress on stderr: a rewritten line on a terminal, else one line each 30 seconds so that logs stay short."""

from __future__ import annotations

import sys
import time

_EVERY_SECONDS = {True: 0.1, False: 30.0}
_last = [time.monotonic()]


def show(words: str, done: int, total: int | None = None) -> None:
    """Tells that ``done`` (of ``total``) are through stage ``words``; quiet when it told so a moment ago."""
    terminal = sys.stderr.isatty()
    now = time.monotonic()
    finished = total is not None and done >= total
    if now - _last[0] < _EVERY_SECONDS[terminal] and not (finished and terminal):
        return
    _last[0] = now
    amount = f"{done:,}" if total is None else f"{done:,} of {total:,}"
    if terminal:
        sys.stderr.write(f"\r\x1b[K{words} {amount}" + ("\n" if finished else ""))
    else:
        sys.stderr.write(f"{words} {amount}\n")
    sys.stderr.flush()
