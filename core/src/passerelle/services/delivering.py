"""Delivering: carries artifacts to folders and servers, each exactly once, each independent of the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from passerelle.delivery import sftp
from passerelle.delivery.folder import FolderRemote
from passerelle.delivery.remote import Remote
from passerelle.delivery.transfer import Parcel, Rules, State, transfer
from passerelle.errors import (
    ConfigurationFault,
    Defect,
    Finding,
    OutcomeUnknown,
    OutsideRefused,
    PasserelleError,
    Refused,
)
from passerelle.masterdata.company import Company, FolderDestination, SftpDestination
from passerelle.periods import Clock, instant_text
from passerelle.store import deliveries, masterdata
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle.store.deliveries import DeliveryRow
from passerelle.store.locks import exclusive

Progress = Callable[[str, int, int | None], None]
_ALONE = ("pending", "sending", "uploaded_verified", "failed")  # a conflict waits for a person
_CERTAIN = ("PSR-7016", "PSR-7022")  # the temporary file was seen, so the final name was not given


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of one delivery. ``exit_code`` is 0 when the file arrived, else that of what stopped it."""

    delivery: int
    export_id: int
    destination: str
    file_name: str
    where: str
    state: str
    note: str
    exit_code: int = 0
    findings: tuple[Finding, ...] = ()


def deliver(database: Database, clock: Clock, artifacts: ArtifactFolder, delivery_id: int) -> DeliveryResult:
    """Carries one delivery on from wherever it stands; what stops it is in the result, not raised.

    Raises ``Refused`` (PSR-7042) when there is no such delivery.
    """
    with database.reading() as connection:
        company = masterdata.load(connection).company
    return _deliver(database, clock, artifacts, delivery_id, company)


def deliver_all(
    database: Database,
    clock: Clock,
    artifacts: ArtifactFolder,
    delivery_ids: Sequence[int],
    progress: Progress | None = None,
) -> list[DeliveryResult]:
    """Carries each of these deliveries on; one that fails holds none of the others."""
    with database.reading() as connection:
        company = masterdata.load(connection).company
    results: list[DeliveryResult] = []
    for delivery_id in delivery_ids:
        results.append(_deliver(database, clock, artifacts, delivery_id, company))
        if progress is not None:
            progress("files delivered", len(results), len(delivery_ids))
    return results


def deliver_pending(
    database: Database,
    clock: Clock,
    artifacts: ArtifactFolder,
    export_id: int | None = None,
    definition: str | None = None,
    progress: Progress | None = None,
) -> list[DeliveryResult]:
    """Carries on everything of proven exports (of one, or of one definition) that has not arrived.

    Conflicts wait for a person.
    """
    with database.reading() as connection:
        rows = deliveries.select(
            connection, export_id=export_id, states=_ALONE, export_state="proven", definition=definition
        )
    return deliver_all(database, clock, artifacts, [row.id for row in rows], progress)


def exit_code(results: Iterable[DeliveryResult]) -> int:
    """The exit code of several deliveries: unknown above all; some arrived and some not is "with findings"."""
    codes = {result.exit_code for result in results}
    if len(codes) <= 1:
        return next(iter(codes), 0)
    for decisive in (OutcomeUnknown.exit_code, Defect.exit_code):
        if decisive in codes:
            return decisive
    return Refused.exit_code if 0 in codes or Refused.exit_code in codes else max(codes)


def place(company: Company, destination: str, file_name: str) -> str:
    """Where a file lies once it arrived, as a person writes it; the bare code of an unknown destination."""
    described = company.destinations.get(destination)
    if described is None:
        return destination
    return f"{_directory(described)}/{file_name}"


def _directory(destination: FolderDestination | SftpDestination) -> str:
    if isinstance(destination, SftpDestination):
        return f"{sftp.address(destination)}/{destination.path.strip('/')}"
    return str(Path(destination.path).absolute())


class _Try:
    """One attempt at one delivery: keeps the record true while the transfer goes on."""

    def __init__(self, database: Database, clock: Clock, row: DeliveryRow) -> None:
        self.database = database
        self.clock = clock
        self.delivery = row.id
        self.state = cast(State, row.state)
        with database.transaction() as connection:
            self.attempt = deliveries.begin_attempt(connection, row.id, instant_text(clock()))

    def record(self, state: State, note: str) -> None:
        """Commits a state; refuses when someone changed it meanwhile, as a void does."""
        now = instant_text(self.clock())
        with self.database.transaction() as connection:
            if not deliveries.set_state(connection, self.delivery, self.state, state, note, now):
                raise Refused(_changed_meanwhile(self.delivery))
            if state == "delivered":
                deliveries.end_attempt(connection, self.attempt, now, state, "", note)
        self.state = state

    def fail(self, fault: PasserelleError, *, stays: bool = False) -> None:
        """Commits what stopped the try. In ``uploaded_verified`` and ``conflict`` the delivery stays as it is, and
        wherever it is when ``stays``."""
        first = fault.findings[0]
        now = instant_text(self.clock())
        outcome = self.state if self.state in ("uploaded_verified", "conflict") else "failed"
        with self.database.transaction() as connection:
            if outcome == "failed" and not stays:
                deliveries.set_state(connection, self.delivery, self.state, outcome, first.message, now)
            deliveries.end_attempt(
                connection, self.attempt, now, outcome, first.code, f"{first.message} {first.value}".strip()
            )


def _deliver(
    database: Database, clock: Clock, artifacts: ArtifactFolder, delivery_id: int, company: Company
) -> DeliveryResult:
    row = load_delivery(database, delivery_id)
    try:
        with exclusive(database, f"delivery:{delivery_id}") as free:
            row = load_delivery(database, delivery_id)
            if row.state in ("delivered", "cancelled"):
                return _result(row, company)
            if not free:
                return _result(row, company, Refused(_busy(row)))
            if row.export_state != "proven":
                return _result(row, company, Refused(_not_proven(row)))
            return _attempted(database, clock, artifacts, row, company)
    except PasserelleError:
        raise
    except Exception as fault:  # not even the record could be kept: this delivery's trouble, none of the others'
        return _result(row, company, _defect(row, fault))


def _attempted(
    database: Database, clock: Clock, artifacts: ArtifactFolder, row: DeliveryRow, company: Company
) -> DeliveryResult:
    attempt = _Try(database, clock, row)
    stopped: PasserelleError
    try:
        destination = company.destinations.get(row.destination)
        if destination is None:
            raise ConfigurationFault(_unknown_destination(row))
        source = artifacts.check(row.sha256)
        parcel = Parcel(source, row.file_name, row.size, row.sha256, str(row.id))
        _carry(destination, parcel, attempt)
    except PasserelleError as fault:
        attempt.fail(fault)
        stopped = _in_doubt(fault, row, attempt.state)
    except Exception as fault:
        stopped = _defect(row, fault)
        attempt.fail(stopped, stays=True)
    else:
        return _result(load_delivery(database, row.id), company)
    return _result(load_delivery(database, row.id), company, stopped)


def _carry(destination: FolderDestination | SftpDestination, parcel: Parcel, attempt: _Try) -> None:
    """Transfers; when the answer to the rename was lost, looks once more through a new connection."""
    try:
        _connect_and_transfer(destination, parcel, attempt)
    except OutcomeUnknown as doubt:
        try:
            _connect_and_transfer(destination, parcel, attempt)
        except (OutsideRefused, ConfigurationFault):
            if attempt.state != "uploaded_verified":
                raise
            raise doubt from None


def _connect_and_transfer(destination: FolderDestination | SftpDestination, parcel: Parcel, attempt: _Try) -> None:
    remote = connect(destination)
    try:
        transfer(remote, parcel, rules_of(destination), attempt.state, attempt.record)
    finally:
        remote.close()


def connect(destination: FolderDestination | SftpDestination) -> Remote:
    """Opens a destination; also what a check of the installation does to see whether it could deliver."""
    if isinstance(destination, SftpDestination):
        return sftp.connect(destination)
    return FolderRemote(Path(destination.path))


def rules_of(destination: FolderDestination | SftpDestination) -> Rules:
    """What a transfer must know of a destination."""
    return Rules(
        where=_directory(destination),
        replace=destination.replace,
        consumed=destination.consumed,
        done_marker=destination.done_marker,
        read_back=not isinstance(destination, SftpDestination) or destination.verify == "hash",
    )


def load_delivery(database: Database, delivery_id: int) -> DeliveryRow:
    """One delivery as recorded; refuses a number that there is not (PSR-7042)."""
    with database.reading() as connection:
        row = deliveries.load(connection, delivery_id)
    if row is None:
        raise Refused(
            Finding(
                "PSR-7042",
                f"There is no delivery {delivery_id}.",
                object=f"delivery {delivery_id}",
                expected="the number of a delivery",
                remedy="passerelle deliveries list",
                who="accountant",
            )
        )
    return row


def _in_doubt(fault: PasserelleError, before: DeliveryRow, state: str) -> PasserelleError:
    """``OutcomeUnknown`` where an earlier try may have renamed the file and this one could not look."""
    unseen = isinstance(fault, OutsideRefused | ConfigurationFault) and fault.findings[0].code not in _CERTAIN
    if before.state != "uploaded_verified" or state != "uploaded_verified" or not unseen:
        return fault
    return OutcomeUnknown((*fault.findings, _still_unknown(before)))


def _result(row: DeliveryRow, company: Company, fault: PasserelleError | None = None) -> DeliveryResult:
    return DeliveryResult(
        delivery=row.id,
        export_id=row.export_id,
        destination=row.destination,
        file_name=row.file_name,
        where=place(company, row.destination, row.file_name),
        state=row.state,
        note=row.note,
        exit_code=0 if fault is None else fault.exit_code,
        findings=() if fault is None else fault.findings,
    )


def _changed_meanwhile(delivery_id: int) -> Finding:
    return Finding(
        "PSR-7041",
        "The delivery was changed by someone else while it was under way; it went no further.",
        object=f"delivery {delivery_id}",
        expected="one at work on it",
        remedy=f"passerelle deliveries show {delivery_id}",
        who="accountant",
    )


def _busy(row: DeliveryRow) -> Finding:
    return Finding(
        "PSR-7043",
        "Another process is sending this file right now.",
        object=f"delivery {row.id}: {row.file_name} to {row.destination}",
        expected="one process at a time for each delivery",
        remedy=f"wait, then: passerelle deliveries show {row.id}",
        who="accountant",
        severity="warning",
    )


def _not_proven(row: DeliveryRow) -> Finding:
    return Finding(
        "PSR-7044",
        "The file belongs to an export that is not proven, so it does not leave.",
        object=f"delivery {row.id}: {row.file_name} to {row.destination}",
        field="export state",
        value=row.export_state,
        expected="proven",
        remedy="passerelle export list",
        who="accountant",
    )


def _defect(row: DeliveryRow, fault: Exception) -> Defect:
    """What nobody foresaw, by kind and place alone: its words may hold anything."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return Defect(
        Finding(
            "PSR-7046",
            "This delivery met a defect of Passerelle; the others went on.",
            object=f"delivery {row.id}: {row.file_name} to {row.destination}",
            value=f"{type(fault).__name__} at {Path(last.filename).name}:{last.lineno}",
            expected="the file delivered, or a cause told in words",
            remedy=f"report it; trying again is safe: passerelle deliveries retry {row.id}",
            who="admin",
        )
    )


def _unknown_destination(row: DeliveryRow) -> Finding:
    return Finding(
        "PSR-7045",
        "The destination of this delivery is no longer configured.",
        object=f"delivery {row.id}: {row.file_name}",
        field="destination",
        value=row.destination,
        expected="a destination of company.toml",
        remedy=f"configure it again and: passerelle deliveries retry {row.id}",
        who="admin",
    )


def _still_unknown(row: DeliveryRow) -> Finding:
    return Finding(
        "PSR-7033",
        "An earlier try may have given the file its final name; this one could not look.",
        object=f"delivery {row.id}: {row.file_name} to {row.destination}",
        expected="a look at the destination",
        remedy=f"passerelle deliveries retry {row.id} (it looks first and sends nothing twice)",
        who="accountant",
    )
