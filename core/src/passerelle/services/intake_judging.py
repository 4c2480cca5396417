"""What an import owes the policy: whose expenses must be judged, queued in the transaction that takes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from passerelle.errors import Finding
from passerelle.reports.intake import CheckedExpense
from passerelle.reports.outcome import Judged
from passerelle.services.desk import Desk
from passerelle.services.duplicates import possible_duplicates
from passerelle.services.judging import judge_within
from passerelle.store import judging as stored
from passerelle.store import masterdata
from passerelle.store.database import Connection
from passerelle.store.masterdata import Directory
from passerelle.store.reports import in_turn


class IntakeJudging:
    """Without a policy only what names an expense it cancels, states no amount or is declared again is judged: the
    rest is covered whole, and costs an import nothing.

    ``whole``: the import is one transaction, which judges at its end instead of leaving that to ``judge_due``.
    """

    def __init__(self, directory: Directory, edition: int, whole: bool) -> None:
        self._policy = bool(directory.company.profiles)
        self._edition = edition
        self._whole = whole
        self._queued: set[tuple[int, int]] = set()
        self._directory = directory
        self._added: list[tuple[int, str, int, int]] = []

    @property
    def policy(self) -> bool:
        """Whether everything is judged."""
        return self._policy

    def begin(self, connection: Connection, in_order: bool = True) -> None:
        """To be called first in each transaction of the import; ``in_order``: it queues its employees all at once."""
        in_turn(connection)
        if masterdata.hold(connection) != self._edition:
            self._policy = True  # the configuration changed since it was read: the judges look whether it has one
        if self._whole or not in_order:
            stored.hold_all(connection)

    def concerns(self, expense: CheckedExpense) -> bool:
        """Whether a new expense must be judged before anything is made of it."""
        return self._policy or bool(expense.cancels) or expense.computed

    def queue(self, connection: Connection, entity_id: int, employee_ids: Collection[int]) -> None:
        """These employees are judged after the import; to be called before their expenses are written."""
        if employee_ids:
            stored.queue(connection, entity_id, employee_ids)
        if self._whole:
            self._queued.update((entity_id, employee_id) for employee_id in employee_ids)

    def queue_to_approve(
        self,
        connection: Connection,
        entity_id: int,
        reports: tuple[str, tuple[object, ...]],
        employee_ids: Collection[int],
        restated: Collection[int] = (),
    ) -> None:
        """``queue`` where reports (a condition on ``r``) are to be approved: who waits, or is ``restated`` beside them,
        is judged anew."""
        waited = {one for _, one in stored.waiting_of(connection, *reports)}
        self.queue(connection, entity_id, {*employee_ids, *waited})
        stored.unjudge(connection, *reports, [(entity_id, one) for one in waited.union(restated)])

    def added(self, entity_id: int, source: str, ids: Sequence[int]) -> None:
        """New expenses of a source, of ascending keys."""
        if ids:
            self._added.append((entity_id, source, ids[0], ids[-1]))

    def duplicates(self, connection: Connection) -> Iterator[Finding]:
        """What is new and may be declared twice. It is asked for once all is judged: amounts are filled in by then."""
        for entity_id, source, first, last in self._added:
            yield from possible_duplicates(connection, self._directory, entity_id, source, first, last)

    def judge(self, connection: Connection) -> Judged:
        """Judges inside the one transaction of the import."""
        return judge_within(connection, Desk(), self._queued)
