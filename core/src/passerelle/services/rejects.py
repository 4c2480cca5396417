"""The rejects file: the refused lines of an import as they came, to be mended and sent again."""

from __future__ import annotations

import os
import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from passerelle.errors import Finding, OutsideRefused, UsageFault
from passerelle.reports.lines import rejects_in
from passerelle.reports.mapping import MappingFile


class Rejects:
    """Written under a name of its own beside the final one and renamed at the end, so that a killed import leaves no
    half of one and no other file is touched.

    A rejects file that is there, perhaps half mended, is kept beside it as FILE.1 (.2, …); any other file is refused
    before anything is imported. Refused JSON Lines carry no mark, so there every file that holds something is another.
    Without a path nothing is written.
    """

    def __init__(
        self, path: Path | None, encoding: str, byte_order_mark: bool, mapping: MappingFile | None = None
    ) -> None:
        self.former: Path | None = None
        self._path = path
        self._mapping = mapping
        self._part: Path | None = None
        self._file: TextIO | None = None
        self._encoding = "utf-8-sig" if byte_order_mark else encoding

    def __enter__(self) -> Self:
        if self._path is not None:
            if self._held() is None:
                raise _not_ours(self._path)
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
            if self._held() is not False:  # also what was put there meanwhile
                self.former = _free_name(self._path)
                self._path.rename(self.former)
            self._part.replace(self._path)
        except OSError as fault:
            raise _unwritable(self._path, fault) from fault

    def _held(self) -> bool | None:
        """Whether the file that is there holds refused lines; ``None`` when it is no rejects file."""
        path = self._path
        if path is None or not path.exists():
            return False
        if not path.is_file():
            return None
        try:
            if not path.stat().st_size:
                return False
            if self._mapping is None:
                return None
            with path.open(encoding=self._encoding, errors="surrogateescape", newline="") as lines:
                return rejects_in(lines, self._mapping)
        except UnicodeError:
            return None
        except OSError as fault:
            raise _unwritable(path, fault) from fault


def _free_name(path: Path) -> Path:
    return next(name for number in count(1) if not os.path.lexists(name := path.with_name(f"{path.name}.{number}")))


def _not_ours(path: Path) -> UsageFault:
    return UsageFault(
        Finding(
            "PSR-1217",
            "The file that --rejects names is there, and is no rejects file of this mapping.",
            object=str(path),
            expected="a new or empty file, or a former rejects file, which is kept as FILE.1; "
            "refused JSON Lines carry no mark, so there a new or empty one",
            remedy="choose another --rejects, or move that file away",
            who="integrator",
        )
    )


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
