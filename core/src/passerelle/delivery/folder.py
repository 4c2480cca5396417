"""A folder of this machine or of a mounted share, as a place that takes files."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from passerelle.delivery import remote
from passerelle.errors import OutsideRefused
from passerelle.store.durable import sync_folder

_NO_REPLACE = 1  # RENAME_NOREPLACE of Linux
_AT_WORKING_FOLDER = -100  # AT_FDCWD
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_SUCH_RENAME = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


class FolderRemote:
    """An existing folder. A missing one is refused, since a share that is not mounted looks like an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise remote.directory_missing(str(folder))

    def size(self, name: str) -> int | None:
        with self._faults(name, "look at files"):
            try:
                return (self.folder / name).stat().st_size
            except FileNotFoundError:
                return None

    def read(self, name: str) -> Iterator[bytes]:
        with self._faults(name, "read files"), (self.folder / name).open("rb") as handle:
            while block := handle.read(remote.BLOCK):
                yield block

    def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
        with self._faults(name, "write files"), (self.folder / name).open("r+b" if offset else "wb") as handle:
            handle.seek(offset)
            for block in blocks:
                handle.write(block)
            handle.flush()
            os.fsync(handle.fileno())

    def rename(self, name: str, final: str) -> None:
        with self._faults(final, "rename files"):
            try:
                _rename_without_replacing(self.folder / name, self.folder / final)
            except FileExistsError:
                raise remote.name_taken(str(self.folder / final)) from None
            sync_folder(self.folder)

    def replace(self, name: str, final: str) -> None:
        with self._faults(final, "rename files"):
            (self.folder / name).replace(self.folder / final)
            sync_folder(self.folder)

    def remove(self, name: str) -> None:
        with self._faults(name, "remove files"):
            (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        return

    @contextmanager
    def _faults(self, name: str, act: str) -> Iterator[None]:
        where = str(self.folder / name)
        try:
            yield
        except FileNotFoundError as fault:
            if act == "read files" and self.folder.is_dir():
                raise
            raise self._told(fault, where, act) from fault
        except PermissionError as fault:
            if act == "read files":
                raise remote.reading_refused(where) from fault
            raise remote.permission_denied(where, act) from fault
        except OSError as fault:
            raise self._told(fault, where, act) from fault

    def _told(self, fault: OSError, where: str, act: str) -> OutsideRefused:
        detail = os.strerror(fault.errno) if fault.errno else type(fault).__name__
        if not self.folder.is_dir():
            return remote.directory_missing(str(self.folder))
        if fault.errno in _FULL:
            return remote.write_refused(where, detail)
        return remote.rename_refused(where, detail) if act == "rename files" else remote.away(where, detail)


def _rename_without_replacing(source: Path, target: Path) -> None:
    """One step that moves the name or fails with ``FileExistsError``: ``renameat2`` where the file system knows it.

    Elsewhere link and unlink, which replace nothing either. A kill between the two leaves both names; the link count
    tells the next try that the file had its final name already, even if it was collected since.
    """
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # not Linux
        number = errno.ENOSYS
    else:
        names = (os.fsencode(source), os.fsencode(target))
        if call(_AT_WORKING_FOLDER, names[0], _AT_WORKING_FOLDER, names[1], _NO_REPLACE) == 0:
            return
        number = ctypes.get_errno()
    if number not in _NO_SUCH_RENAME:
        raise OSError(number, os.strerror(number), str(target))
    if source.stat().st_nlink == 1:
        os.link(source, target)
    source.unlink()
