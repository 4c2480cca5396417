"""The rejects file: the refused lines of an import as they came, to be mended and sent again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from passerelle.errors import Finding, OutsideRefused


class Rejects:
    """Written under a name of its own beside the final one and renamed at the end, so that a killed import leaves no
    half of one and no other file is touched.

    Without a path it keeps nothing.
    """

    def __init__(self, path: Path | None, encoding: str, byte_order_mark: bool) -> None:
        self._path = path
        self._part: Path | None = None
        self._file: TextIO | None = None
        self._encoding = "utf-8-sig" if byte_order_mark else encoding

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                handle, name = tempfile.mkstemp(".part", f".{self._path.name[:200]}-", self._path.parent)
            except OSError as fault:
                raise _unwritable(self._path, fault) from fault
            self._part = Path(name)
            self._file = os.fdopen(handle, "w", encoding=self._encoding, errors="surrogateescape", newline="")
        return self

    def write(self, line: str) -> None:
        """One line with its line end; one is added where the file's last line had none."""
        if self._file is not None and line:
            try:
                self._file.write(line if line.endswith(("\n", "\r")) else line + "\n")
            except OSError as fault:
                raise _unwritable(self._path or Path(), fault) from fault

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None or self._part is None or self._path is None:
            return
        if kind is not None:
            self._file.close()
            self._part.unlink(missing_ok=True)
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        except OSError as fault:
            raise _unwritable(self._path, fault) from fault


def _unwritable(path: Path, fault: OSError) -> OutsideRefused:
    return OutsideRefused(
        Finding(
            "PSR-1214",
            "The rejects file cannot be written.",
            object=str(path),
            value=fault.strerror or type(fault).__name__,
            expected="a path in a folder that exists, may be written and has room",
            remedy="choose another path and import again; lines already taken are recognised",
            who="admin",
        )
    )
