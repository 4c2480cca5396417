"""``passerelle deliveries``: what went to folders and servers, where it lies, and how to send again what did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as _command
from passerelle.errors import Finding

if TYPE_CHECKING:
    from passerelle.services.delivering import DeliveryResult
    from passerelle.services.delivery_list import Listed

_STATES = ("pending", "sending", "uploaded_verified", "delivered", "failed", "conflict", "cancelled")


@click.group("deliveries")
def command() -> None:
    """See and retry what goes to folders and servers.

    A file arrives exactly once: it is sent under a temporary name, checked, and only then given its final name.

    For instance:  passerelle deliveries list --state failed,  then  passerelle deliveries retry --all
    """


@dataclass(frozen=True)
class DeliveryLine:
    """One delivery. ``where`` is where the file lies once it is delivered; ``changed_at`` is the entity's time."""

    id: int
    entity: str
    export: int | None
    file_name: str
    destination: str
    state: str
    where: str
    note: str
    changed_at: str


@dataclass(frozen=True)
class Attempt:
    """One try; without an end its process was stopped in the middle."""

    started_at: str
    ended_at: str | None
    outcome: str
    code: str
    message: str


@dataclass(frozen=True)
class DeliveryDetail:
    """A delivery with every try."""

    delivery: DeliveryLine
    sha256: str
    size: int
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class RetryLine:
    """What became of one delivery."""

    id: int
    file_name: str
    where: str
    state: str
    note: str
    exit_code: int
    findings: tuple[Finding, ...]


@_command(command, "list", answer=list[DeliveryLine], help="List deliveries, newest last.\n\n"
          "For instance:  passerelle deliveries list --state failed --destination bank-share")  # fmt: skip
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--entity", help="Only those of this legal entity.")
@click.option("--export", "export", type=int, help="Only those of the export with this number.")
@click.option("--destination", help="Only those to this destination.")
def list_deliveries(
    session: Session, state: str | None, entity: str | None, export: int | None, destination: str | None
) -> Answer:
    from passerelle.services import delivery_list

    states = (state,) if state else ()
    listed = delivery_list.listed(session.database, states, entity, export, destination)
    lines = [_line(one) for one in listed]
    rows = [
        [str(one.id), one.entity, str(one.export or ""), one.file_name, one.destination, one.state, one.note]
        for one in lines
    ]
    text = table(("id", "entity", "export", "file", "destination", "state", "note"), rows, right=frozenset({0, 2}))
    open_ones = [one for one in lines if one.state not in ("delivered", "cancelled")]
    if open_ones:
        next_command = "passerelle deliveries retry --all"
    elif lines:
        next_command = f"passerelle deliveries show {lines[-1].id}"
    else:
        next_command = "passerelle export list"
    return Answer(lines, text or "No deliveries.", next=next_command)


@_command(command, "show", answer=DeliveryDetail, help="Show one delivery and every try of it.\n\n"
          "For instance:  passerelle deliveries show 12")  # fmt: skip
@click.argument("delivery_id", metavar="ID", type=int)
def show(session: Session, delivery_id: int) -> Answer:
    from passerelle.services import delivery_list

    one, tries = delivery_list.detail(session.database, delivery_id)
    line = _line(one)
    attempts = tuple(
        Attempt(delivery_list.zoned(t.started_at, one.time_zone),
                None if t.ended_at is None else delivery_list.zoned(t.ended_at, one.time_zone),
                t.outcome or "interrupted", t.code, t.message)
        for t in tries
    )  # fmt: skip
    rows = [[a.started_at, a.ended_at or "", a.outcome, a.code, a.message] for a in attempts]
    text = "\n".join(
        [
            f"Delivery {line.id}: {line.file_name}",
            f"  state     {line.state}" + (f" ({line.note})" if line.note else ""),
            f"  where     {line.where}" + ("" if line.state == "delivered" else "  (not there yet)"),
            f"  export    {line.export} of {line.entity}",
            f"  file      {one.row.size:,} bytes, SHA-256 {one.row.sha256}",
            f"  times     in {one.time_zone}",
            "",
            table(("started", "ended", "outcome", "code", "message"), rows) or "No try yet.",
        ]
    )
    finished = line.state in ("delivered", "cancelled")
    return Answer(
        DeliveryDetail(line, one.row.sha256, one.row.size, attempts),
        text,
        next=f"passerelle export show {line.export} --entity {line.entity}"
        if finished
        else f"passerelle deliveries retry {line.id}",
    )


@_command(command, "retry", answer=list[RetryLine], help="Send again what did not arrive, and complete what was "
          "interrupted. It looks first, so nothing is sent twice.\n\n"
          "For instance:  passerelle deliveries retry 12 13,  or  passerelle deliveries retry --all")  # fmt: skip
@click.argument("delivery_ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--all", "everything", is_flag=True, help="Every delivery that did not arrive and was not cancelled.")
def retry(session: Session, delivery_ids: tuple[int, ...], everything: bool) -> Answer:
    from passerelle.services import delivering, delivery_list
    from passerelle.store.artifacts import ArtifactFolder

    if everything == bool(delivery_ids):
        raise click.UsageError("Name deliveries, or say --all. They are listed by: passerelle deliveries list")
    ids = delivery_list.unfinished(session.database) if everything else list(delivery_ids)
    results = delivering.deliver_all(
        session.database, session.clock, ArtifactFolder.beside(session.database), ids, session.progress
    )
    code = delivering.exit_code(results)
    lines = [RetryLine(r.delivery, r.file_name, r.where, r.state, r.note, r.exit_code, r.findings) for r in results]
    findings = [finding for result in results for finding in result.findings]
    failed = [result.delivery for result in results if result.exit_code]
    return Answer(
        lines,
        "\n".join(sentence(result) for result in results) or "Everything has arrived; there is nothing to retry.",
        exit_code=code,
        next=f"passerelle deliveries show {failed[0]}" if failed else "passerelle deliveries list",
        findings=findings,
    )


def sentence(result: DeliveryResult) -> str:
    """What became of one delivery, in one line."""
    words = {
        "delivered": f"{result.file_name} is delivered: {result.where}",
        "cancelled": f"{result.file_name} stays cancelled",
        "conflict": f"{result.file_name} was not delivered: another file has its name in {result.destination}",
        "uploaded_verified": f"{result.file_name} is at {result.destination}, but has not got its final name for sure",
    }
    told = words.get(result.state, f"{result.file_name} was not delivered to {result.destination}")
    return told + (f" ({result.note})" if result.note and result.state in ("delivered", "cancelled") else "")


def _line(listed: Listed) -> DeliveryLine:
    from passerelle.services.delivery_list import zoned

    row = listed.row
    return DeliveryLine(
        row.id, listed.entity, row.sequence, row.file_name, row.destination, row.state, listed.where, row.note,
        zoned(row.changed_at, listed.time_zone),
    )  # fmt: skip
