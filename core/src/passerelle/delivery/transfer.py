"""How one file reaches one place exactly once, whatever kills the process between any two steps.

    pending            nothing was done
    sending            the bytes go to a temporary name beside the final one
    uploaded_verified  the temporary file is whole and was checked; from here on, and only here, it may be renamed
    delivered          it has, or had, its final name

Each state is recorded (and committed) before the act that it allows. A temporary name belongs to one delivery alone and
nobody but us renames it, so a restart in ``uploaded_verified`` can tell: the temporary file is there, then it was not
renamed; it is gone, then it was, even if the receiver took the file away since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from passerelle.delivery.remote import BLOCK, ConnectionLost, NameTaken, ReadingRefused, Remote, name_taken
from passerelle.errors import Finding, OutcomeUnknown, OutsideRefused, PasserelleError, Refused

State = Literal["pending", "sending", "uploaded_verified", "delivered", "failed", "conflict", "cancelled"]
Record = Callable[[State, str], None]

COLLECTED = "the receiver has already taken it away"
REPLACED = "another file has since taken its place"
ALREADY_THERE = "the same file was already there"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to arrive: ``source`` holds the bytes, ``token`` makes the temporary name this delivery's own."""

    source: Path
    file_name: str
    size: int
    sha256: str
    token: str

    def __post_init__(self) -> None:
        if self.file_name in ("", ".", "..") or any(mark in self.file_name for mark in "/\\\0\n\r"):
            raise Refused(
                Finding(
                    "PSR-7021",
                    "A file name would leave the directory of the destination.",
                    field="file name",
                    value=repr(self.file_name),
                    expected="a plain name without / or \\",
                    remedy="mend the file name in the format",
                    who="integrator",
                )
            )

    @property
    def temporary_name(self) -> str:
        """Never what a receiver looks for: it ends in ``.part``."""
        return f"{self.file_name}.{self.sha256[:8]}-{self.token}.part"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the destination says of its files."""

    where: str
    replace: bool = False
    consumed: bool = False
    done_marker: bool = False
    read_back: bool = True


def transfer(remote: Remote, parcel: Parcel, rules: Rules, state: State, record: Record) -> tuple[State, str]:
    """Carries the parcel on from ``state`` and returns the state reached with a note, both recorded already.

    Raises what stopped it: ``NameTaken`` after recording a conflict; ``OutcomeUnknown`` when nobody can tell whether
    the file has its final name; any other ``PasserelleError`` when it certainly has not.
    """
    if state == "delivered":
        return state, ""
    if state == "uploaded_verified":
        if remote.size(parcel.temporary_name) is None:
            return _was_renamed(remote, parcel, rules, record)
        if _complete(remote, parcel, rules):
            return _rename(remote, parcel, rules, record)
    elif not rules.replace and remote.size(parcel.file_name) is not None:
        return _name_is_taken(remote, parcel, rules, record)
    record("sending", "")
    _upload(remote, parcel, rules)
    if not _complete(remote, parcel, rules):
        raise _arrived_different(rules, parcel)
    record("uploaded_verified", "")
    return _rename(remote, parcel, rules, record)


def _upload(remote: Remote, parcel: Parcel, rules: Rules) -> None:
    """Sends what is missing: a temporary file that begins as ours does is continued, any other is written anew."""
    offset = remote.size(parcel.temporary_name) or 0
    if offset:
        ours = rules.read_back and offset <= parcel.size and _same_beginning(remote, parcel)
        offset = offset if ours else 0
    if offset < parcel.size or not offset:
        remote.append(parcel.temporary_name, offset, _blocks(parcel.source, offset))


def _same_beginning(remote: Remote, parcel: Parcel) -> bool:
    with parcel.source.open("rb") as mine:
        return all(theirs == mine.read(len(theirs)) for theirs in remote.read(parcel.temporary_name))


def _complete(remote: Remote, parcel: Parcel, rules: Rules) -> bool:
    """Whether the temporary file is the whole artifact, by size and, where we may read, by hash."""
    return _same(remote, parcel.temporary_name, parcel, rules.read_back)


def _same(remote: Remote, name: str, parcel: Parcel, read_back: bool) -> bool:
    if remote.size(name) != parcel.size:
        return False
    if not read_back:
        return True
    digest = hashlib.sha256()
    try:
        for block in remote.read(name):
            digest.update(block)
    except FileNotFoundError:  # taken away since we saw its size
        return False
    return digest.hexdigest() == parcel.sha256


def _rename(remote: Remote, parcel: Parcel, rules: Rules, record: Record) -> tuple[State, str]:
    try:
        if rules.replace:
            remote.replace(parcel.temporary_name, parcel.file_name)
        else:
            remote.rename(parcel.temporary_name, parcel.file_name)
    except NameTaken:
        return _name_is_taken(remote, parcel, rules, record)
    except ConnectionLost as fault:
        raise _answer_lost(rules, parcel) from fault
    except OutsideRefused:
        # Servers also say so when an earlier session, thought dead, renamed it first.
        if remote.size(parcel.temporary_name) is None:
            return _was_renamed(remote, parcel, rules, record)
        raise
    return _delivered(remote, parcel, rules, record, "")


def _was_renamed(remote: Remote, parcel: Parcel, rules: Rules, record: Record) -> tuple[State, str]:
    """The temporary file was verified and is gone: it had its final name. What lies there now says what became of it.

    A file of another content under that name is normal where the receiver takes files away and names come back;
    elsewhere a person must look.
    """
    try:
        still_there = _same(remote, parcel.file_name, parcel, rules.read_back)
    except ReadingRefused:
        still_there = _same(remote, parcel.file_name, parcel, read_back=False)
    if still_there:
        return _delivered(remote, parcel, rules, record, "")
    gone = remote.size(parcel.file_name) is None
    if gone or rules.consumed or rules.replace:
        note = COLLECTED if gone or rules.consumed else REPLACED
        record("delivered", note)
        return "delivered", note
    raise OutcomeUnknown(
        Finding(
            "PSR-7031",
            "The file was sent and renamed, but a file of other content has its name now.",
            object=f"{rules.where}/{parcel.file_name}",
            expected="our file, or none once the receiver has taken it",
            remedy="ask the receiver whether ours arrived; move the other file away, then: "
            "passerelle deliveries retry --all",
            who="accountant",
        )
    )


def _name_is_taken(remote: Remote, parcel: Parcel, rules: Rules, record: Record) -> tuple[State, str]:
    """Our rename has not happened, yet a file has the final name: the same one counts as delivered."""
    if _same_if_readable(remote, parcel, rules):
        remote.remove(parcel.temporary_name)
        return _delivered(remote, parcel, rules, record, ALREADY_THERE)
    where = f"{rules.where}/{parcel.file_name}"
    if rules.consumed or remote.size(parcel.file_name) is None:
        raise OutsideRefused(
            Finding(
                "PSR-7022",
                "The receiver has not yet taken an earlier file of the same name.",
                object=where,
                expected="a free name",
                remedy="once it is taken: passerelle deliveries retry --all",
                who="accountant",
            )
        )
    record("conflict", "another file has its name")
    raise name_taken(where)


def _same_if_readable(remote: Remote, parcel: Parcel, rules: Rules) -> bool:
    """Whether the file under the final name is the artifact; where it may not be read it counts as another."""
    try:
        return rules.read_back and _same(remote, parcel.file_name, parcel, read_back=True)
    except ReadingRefused:
        return False


def _delivered(remote: Remote, parcel: Parcel, rules: Rules, record: Record, note: str) -> tuple[State, str]:
    """Writes the marker, if asked for, before ``delivered`` is recorded: else a kill between them would lose it."""
    marker = f"{parcel.file_name}.done"
    if rules.done_marker:
        try:
            if remote.size(marker) is None and remote.size(parcel.file_name) is not None:
                remote.append(marker, 0, ())
        except PasserelleError as fault:
            raise _marker_missing(rules, marker) from fault
    record("delivered", note)
    return "delivered", note


def _blocks(source: Path, offset: int) -> Iterator[bytes]:
    with source.open("rb") as handle:
        handle.seek(offset)
        while block := handle.read(BLOCK):
            yield block


def _arrived_different(rules: Rules, parcel: Parcel) -> OutsideRefused:
    return OutsideRefused(
        Finding(
            "PSR-7017",
            "What arrived is not what was sent; it did not get its final name.",
            object=f"{rules.where}/{parcel.temporary_name}",
            expected=f"{parcel.size} bytes with SHA-256 {parcel.sha256[:12]}…",
            remedy="passerelle deliveries retry --all (it is sent anew); if it comes again, look at the server's disk",
            who="admin",
        )
    )


def _answer_lost(rules: Rules, parcel: Parcel) -> OutcomeUnknown:
    return OutcomeUnknown(
        Finding(
            "PSR-7030",
            "The connection broke while the file got its final name: it may have it.",
            object=f"{rules.where}/{parcel.file_name}",
            remedy="passerelle deliveries retry --all (it looks first and sends nothing twice)",
            who="accountant",
        )
    )


def _marker_missing(rules: Rules, marker: str) -> Refused:
    return Refused(
        Finding(
            "PSR-7032",
            "The file has its final name, but its marker could not be written.",
            object=f"{rules.where}/{marker}",
            expected="an empty marker file",
            remedy="passerelle deliveries retry --all (it writes the marker alone)",
            who="admin",
        )
    )
