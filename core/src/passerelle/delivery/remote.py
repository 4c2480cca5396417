"""What a place that takes files must be able to do, and the ways in which it fails.

Every failure is a ``PasserelleError`` whose findings say what to do; three of them mean something to the transfer:

    NameTaken          the final name belongs to another file; nothing was changed
    ConnectionLost     the connection broke; whether the last request was carried out is not known
    ReadingRefused     what was written may not be read back
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from passerelle.errors import Finding, OutsideRefused, Refused

BLOCK = 1 << 18  # bytes that are read or written at a time


class NameTaken(Refused):
    """A rename met a file of that name; both files are as they were."""


class ConnectionLost(OutsideRefused):
    """The connection broke in the middle; the last request may or may not have been carried out."""


class ReadingRefused(OutsideRefused):
    """The place lets us write a file but not read it back."""


class Remote(Protocol):
    """An open connection to one directory. Names are plain file names in it, never paths."""

    def size(self, name: str) -> int | None:
        """The size of a file in bytes; ``None`` when there is none of that name."""

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, in blocks; ``FileNotFoundError`` when there is none."""

    def append(self, name: str, offset: int, blocks: Iterable[bytes]) -> None:
        """Writes from ``offset`` on; offset 0 makes the file, or empties it first. Returns once all was accepted."""

    def rename(self, name: str, final: str) -> None:
        """Gives the file its final name in one step; raises ``NameTaken`` rather than replace a file."""

    def replace(self, name: str, final: str) -> None:
        """Gives the file its final name in one step, in place of any file of that name."""

    def remove(self, name: str) -> None:
        """Removes a file; one that is not there is no fault."""

    def close(self) -> None:
        """Ends the connection; never fails."""


def away(where: str, detail: str) -> OutsideRefused:
    """The place cannot be reached (PSR-7010)."""
    return OutsideRefused(
        Finding(
            "PSR-7010",
            "The destination cannot be reached.",
            object=where,
            value=detail,
            expected="a server that answers",
            remedy="check that it runs and that the network lets you through, then: passerelle deliveries retry --all",
            who="admin",
        )
    )


def lost(where: str, detail: str) -> ConnectionLost:
    """The connection broke (PSR-7011)."""
    return ConnectionLost(
        Finding(
            "PSR-7011",
            "The connection to the destination broke.",
            object=where,
            value=detail,
            remedy="passerelle deliveries retry --all (it goes on where it stopped)",
            who="admin",
        )
    )


def write_refused(where: str, detail: str) -> OutsideRefused:
    """The bytes were not taken, most often because the disk is full (PSR-7012)."""
    return OutsideRefused(
        Finding(
            "PSR-7012",
            "The destination did not take the file: its disk may be full.",
            object=where,
            value=detail,
            expected="room for the file",
            remedy="free space or raise the quota there, then: passerelle deliveries retry --all",
            who="admin",
        )
    )


def directory_missing(where: str) -> OutsideRefused:
    """There is no such directory; it is not made, since a share that is not mounted looks the same (PSR-7013)."""
    return OutsideRefused(
        Finding(
            "PSR-7013",
            "The directory of the destination does not exist.",
            object=where,
            expected="an existing directory",
            remedy="mount or make it, or mend the destination's path in company.toml; then: "
            "passerelle deliveries retry --all",
            who="admin",
        )
    )


def permission_denied(where: str, act: str) -> OutsideRefused:
    """We may not do ``act`` there (PSR-7014)."""
    return OutsideRefused(
        Finding(
            "PSR-7014",
            f"The destination does not let us {act}.",
            object=where,
            expected="the right to write and rename files in the directory",
            remedy="give our user that right there, then: passerelle deliveries retry --all",
            who="admin",
        )
    )


def reading_refused(where: str) -> ReadingRefused:
    """The file may not be read back (PSR-7015)."""
    return ReadingRefused(
        Finding(
            "PSR-7015",
            "The destination does not let us read back what it received.",
            object=where,
            field="verify",
            value="hash",
            expected='the right to read, or verify = "size" where the server is for dropping files only',
            remedy='set verify = "size" on the destination, or ask for the right to read',
            who="admin",
        )
    )


def rename_refused(where: str, detail: str) -> OutsideRefused:
    """The final name was not given (PSR-7016)."""
    return OutsideRefused(
        Finding(
            "PSR-7016",
            "The destination did not give the file its final name.",
            object=where,
            value=detail,
            expected="a directory where files can be renamed in one step",
            remedy="see the server's log; then: passerelle deliveries retry --all",
            who="admin",
        )
    )


def name_taken(where: str) -> NameTaken:
    """A file of that name is there (PSR-7020)."""
    return NameTaken(
        Finding(
            "PSR-7020",
            "The destination already holds another file of that name.",
            object=where,
            expected="a free name, or the very same file",
            remedy="look at that file and move it away, or set replace = true on the destination; then: "
            "passerelle deliveries retry --all",
            who="accountant",
        )
    )
