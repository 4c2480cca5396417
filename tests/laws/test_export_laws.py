"""Generated histories: whatever happens to reports and exports, the laws of ledger and exports hold after each step.

Services alone act; the laws are computed here from the stored rows. `make laws` runs twenty times as many steps.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.conftest import StandingClock
from tests.core.services import an_export
from tests.core.services.an_export import COMPANY, SPLIT, House, meal, train

from passerelle.errors import Finding, Refused
from passerelle.exports.frozen import FrozenDocument
from passerelle.reports.outcome import Judged
from passerelle.services import export_facts, export_why, ledger, life
from passerelle.services.judging import judge_due
from passerelle.services.surveying import Survey
from passerelle.store import judging, masterdata
from passerelle.store.database import Database

THOROUGH = int(os.environ.get("PASSERELLE_LAWS", "1"))  # times as many runs
IDS = st.sampled_from(["A", "B", "C", "D"])
CENTS = st.integers(-300, 20_000).map(lambda cents: cents * 7)
POSTING_DATES = st.sampled_from(["latest_expense", "approval", "end_of_period"])
DAYS = st.sampled_from(["2025-12-29", "2025-12-30", "2025-12-31", "2026-01-14"])
OTHER_SPLIT = [{"percent": "33.3", "sections": {"CENTRE": "MKT", "PROJET": "P1"}},
               {"percent": "66.7", "sections": {"CENTRE": "DEV", "PROJET": "P1"}}]  # fmt: skip
CAP = {"cap": [{"amounts": {"EUR": "60"}, "period": "day"}]}
POLICIES: list[dict[str, Any]] = [
    {},
    {"TRAIN": CAP, "MEAL": {"count": [{"limit": 1, "period": "month"}]}},
    {"TRAIN": {}, "MEAL": {"cap": [{"amounts": {"EUR": "60"}, "period": "month"}]}},
    {"TRAIN": CAP},  # no meal may be declared
]


@st.composite
def an_expense(draw: st.DrawFn) -> dict[str, Any]:
    fields: dict[str, Any] = {"date": draw(DAYS)}
    if draw(st.booleans()):
        fields["payer"] = draw(st.sampled_from(["company_card", "company"]))
    cents = draw(CENTS)
    kind = draw(st.sampled_from(["train", "split", "meal", "meal", "foreign"]))
    if kind == "train":
        return train(cents, split=[]) | fields
    if kind == "split":
        return train(cents, split=draw(st.sampled_from([SPLIT, OTHER_SPLIT]))) | fields
    if kind == "foreign":
        return train(cents, currency="CHF", country="CH", rate="1.0642") | fields
    return meal(cents, rate=draw(st.sampled_from([10, 20])), guests=draw(st.sampled_from([0, 0, 3]))) | fields


EXPENSES = st.lists(an_expense(), min_size=1, max_size=3)
NOT_YET = [{}, {}, {}, {"controlled_at": None}, {"approved_at": None, "controlled_at": None}]


class Exports(RuleBasedStateMachine):
    """A house in one database; `fresh` gives it, set before each run of the machine."""

    fresh: Callable[[], House]

    @initialize(policy=st.sampled_from(POLICIES))
    def begin(self, policy: dict[str, Any]) -> None:
        self.house = type(self).fresh()
        types = self.house.company["expense_types"]
        self.house.configure(expense_types=types | {"MEAL": types["MEAL"] | {"kind": "guests"}})
        self.revisions: dict[str, int] = {}
        self.live: list[int] = []
        self.policy(policy)

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(id=IDS, expenses=EXPENSES, standing=st.sampled_from(NOT_YET), employee=st.sampled_from(["E1", "E2"]))
    def report(self, id: str, expenses: list[dict[str, Any]], standing: dict[str, None], employee: str) -> None:
        """A new report, or a new revision of one: lines change and are withdrawn, halves appear and disappear."""
        self.revisions[id] = revision = self.revisions.get(id, 0) + 1
        self.house.clock.advance(minutes=7)  # type: ignore[attr-defined]
        self.house.send(id, *expenses, revision=revision, employee=employee, **standing)

    @rule(data=st.data())
    def month(self, data: st.DataObject) -> None:
        """Reports come in and leave at once: what follows is mostly deltas."""
        for id in data.draw(st.lists(IDS, min_size=1, max_size=3, unique=True)):
            self.report(id, data.draw(EXPENSES), {}, data.draw(st.sampled_from(["E1", "E2"])))
        self.export(())

    @rule(late=st.sampled_from([life.approve, life.control]))
    def decide(self, late: Callable[..., Any]) -> None:
        late(self.house.database, self.house.clock, "paul", None, "FR")

    @rule(id=IDS, act=st.sampled_from([life.refuse, life.refuse, life.cancel, life.send_back]))
    def take_back(self, id: str, act: Callable[..., Any]) -> None:
        """Before or after it was approved, posted, exported; a higher revision opens it again."""
        self.house.clock.advance(hours=30)  # type: ignore[attr-defined]
        for (number,) in self.house.rows("SELECT number FROM report WHERE source_id = ?", id):
            with suppress(Refused):
                act(self.house.database, self.house.clock, "paul", [number], "not ours", "FR")

    @rule(data=st.data(), part=st.integers(0, 3))
    def lower(self, data: st.DataObject, part: int) -> None:
        """An accountant covers less of an expense, whatever has left of it."""
        lines = self.house.rows(
            "SELECT r.number, x.line_key, x.entity_covered FROM expense x JOIN report r ON r.id = x.report_id"
            " WHERE x.entity_covered > 0 AND NOT x.withdrawn ORDER BY x.id"
        )
        if lines:
            number, key, covered = data.draw(st.sampled_from(lines))
            self.house.clock.advance(hours=30)  # type: ignore[attr-defined]
            with suppress(Refused):
                cover = an_export.amount(covered * part // 4)
                life.control_expense(
                    self.house.database, self.house.clock, "paul", number, key, cover, "too dear", "FR"
                )

    @rule(policy=st.sampled_from(POLICIES))
    def policy(self, policy: dict[str, Any]) -> None:
        """What is declared from now on is capped or refused: own money is not owed, company money is an advance."""
        self.house.configure(profiles={"generic": {"name": "All", "types": policy}} if policy else {})
        self.judges()

    @rule(
        employee=st.sampled_from(["E1", "E2"]),
        auxiliary=st.sampled_from(["LEF", "ROSS", "NEW", "LEF", "ROSS", None]),
        account=st.sampled_from(["421001", "421002", "421003", "421001", "421002", None]),
    )
    def employee(self, employee: str, auxiliary: str | None, account: str | None) -> None:
        known = COMPANY["employees"]
        self.house.configure(employees=self.house.company["employees"] | {employee: known[employee]})
        self.house.change("employees", employee, auxiliary=auxiliary, account=account)

    @rule(
        closed=st.sampled_from([None, "2025-12-31"]),
        policy=st.sampled_from(["refuse", "next_open"]),
        posting_date=POSTING_DATES,
    )
    def periods(self, closed: str | None, policy: str, posting_date: str) -> None:
        self.house.change("entities", "FR", closed_until=closed)
        self.house.change("exports", "fr", closed_period=policy, posting_date=posting_date)

    @rule(journals=st.sampled_from([(), (), ("NDF",), ("FSO",)]))
    def export(self, journals: tuple[str, ...]) -> None:
        before = self.last_number()
        shown = self.house.preview(journals=journals)
        waiting = self.house.rows("SELECT count(*) FROM report WHERE post_due") != [(0,)]
        made = self.house.create(journals=journals, expect=None if waiting else shown.plan.expect)
        if made.export is None:
            assert self.last_number() == before
            return
        assert made.export.sequence == before + 1
        assert made.export.documents == made.preview.balance.documents > 0
        assert made.export.debit == made.preview.balance.debit
        self.live.append(before + 1)
        self.proves(self.live[-2:])

    @precondition(lambda self: len(self.live) > 1)
    @rule(data=st.data(), newest=st.booleans())
    def void(self, data: st.DataObject, newest: bool) -> None:
        number = self.live[-1] if newest else data.draw(st.sampled_from(self.live))
        before = self.house.everything()
        blocked = self.house.rows(
            "SELECT 1 FROM export_document d JOIN export x ON x.id = d.export_id"
            " JOIN export_document o ON o.entry_id = d.entry_id AND o.state = 'live' AND o.revision > d.revision"
            " WHERE x.sequence = ?",
            number,
        )
        if blocked:
            with pytest.raises(Refused, match="PSR-6021"):
                self.house.void(number)
            assert self.house.everything() == before
            return
        self.house.void(number)
        self.live.remove(number)

    @precondition(lambda self: len(self.live) > 2)
    @rule(posting_date=POSTING_DATES)
    def void_all(self, posting_date: str) -> None:
        """Newest first nothing stands in the way; what left is then whole again, perhaps in another year."""
        while self.live:
            self.house.void(self.live.pop())
        self.house.change("exports", "fr", posting_date=posting_date)
        assert all(document.rank == 0 for document, _ in self.survey())
        self.export(())

    @rule(id=IDS)
    def explain(self, id: str) -> None:
        """`export why` agrees with the survey, whatever the state."""
        if id not in self.revisions:
            return
        leaving = {document.entry_id for document, findings in self.survey() if not findings}
        for one in export_why.why(self.house.database, self.house.clock, id):
            assert one.sentences
            assert one.next
            entries = self.house.rows(
                "SELECT e.id FROM entry e JOIN report r ON r.id = e.origin_id WHERE r.number = ?", one.document
            )
            candidate = any("is a candidate" in sentence for sentence in one.sentences)
            assert candidate == any(entry in leaving for (entry,) in entries), one

    # --- what holds --------------------------------------------------------------------------------------------------

    def survey(self) -> list[tuple[FrozenDocument, list[Finding]]]:
        with self.house.database.reading() as connection:
            return list(Survey(connection, masterdata.load(connection), "fr").documents())

    def last_number(self) -> int:
        found = self.house.rows("SELECT last FROM counter WHERE name = 'export:accounting'")
        return int(found[0][0]) if found else 0

    @invariant()
    def the_ledger_verifies(self) -> None:
        assert ledger.verify(self.house.database).findings == ()
        unbalanced = "SELECT entry_id FROM line GROUP BY entry_id, revision HAVING sum(amount) <> 0"
        assert self.house.rows(unbalanced) == []
        assert self.house.rows("SELECT id FROM export WHERE state NOT IN ('proven', 'voided')") == []

    @invariant()
    def judging_again_changes_nothing(self) -> None:
        judged = self.judges()
        assert (judged.expenses, judged.changed) == (0, 0)

    def judges(self) -> Judged:
        """Whoever has open expenses, as a change of the policy does."""
        with self.house.database.transaction() as connection:
            judging.queue_open(connection)
        return judge_due(self.house.database)

    @invariant()
    def numbers_have_no_hole(self) -> None:
        sequences = self.house.rows("SELECT sequence FROM export ORDER BY id")
        assert sequences == [(number,) for number in range(1, len(sequences) + 1)]
        register = export_facts.register(self.house.database)
        for _, series in groupby(register, key=lambda piece: (piece.entity, piece.journal, piece.fiscal_year)):
            numbers = [piece.number for piece in series]
            assert numbers == list(range(1, len(numbers) + 1))
        assert all(piece.reason or piece.state == "used" for piece in register)
        used = "SELECT entry_id, rank, journal, fiscal_year, number FROM piece WHERE state = 'used' ORDER BY 1, 2"
        sent = (
            "SELECT entry_id, rank, journal, fiscal_year, piece_number FROM export_document"
            " WHERE state = 'live' ORDER BY 1, 2"
        )
        assert self.house.rows(used) == self.house.rows(sent)
        left_elsewhere = (
            "SELECT p.number FROM piece p JOIN export_document d ON d.entry_id = p.entry_id AND d.rank = p.rank"
            " WHERE p.state = 'voided' AND d.state = 'live'"
        )
        assert self.house.rows(left_elsewhere) == [], "a number whose document moved is cancelled"

    @invariant()
    def what_left_is_the_revision_that_left(self) -> None:
        """Law 2, summed per account, tax code, currency, section and third party."""
        live: dict[int, list[int]] = {}
        query = "SELECT entry_id, rank, revision FROM export_document WHERE state = 'live' ORDER BY 1, 2"
        for entry, rank, revision in self.house.rows(query):
            assert rank == len(live.setdefault(entry, [])), "one document per rank"
            assert not live[entry] or live[entry][-1] < revision
            live[entry].append(revision)
        left = sums(
            self.house.rows(
                f"SELECT d.entry_id, {', '.join('l.' + name for name in SUMMED)}, l.general, l.auxiliary"
                " FROM export_line l JOIN export_document d ON d.id = l.document_id WHERE d.state = 'live'"
            )
        )
        posted = sums(
            [
                row
                for entry, revisions in live.items()
                for row in self.house.rows(
                    f"SELECT entry_id, {', '.join(SUMMED)}, '', '' FROM line WHERE entry_id = ? AND revision = ?",
                    entry,
                    revisions[-1],
                )
            ]
        )
        assert without_parties(left) == without_parties(posted)
        parties = Counter((entry, account) for entry, account, *_, general, auxiliary in left if auxiliary or general)
        owed = {key for key, count in parties.items() if count > 1 and key[1].startswith("421")}
        assert not owed, "each third party account is left under one collective account and code"

    @invariant()
    def every_entry_is_in_one_state(self) -> None:
        found = {document.entry_id: document for document, _ in self.survey()}
        rows = self.house.rows(
            "SELECT e.id, r.approval, r.controlled_at IS NOT NULL, r.post_due, r.posted_revision, v.line_count,"
            " (SELECT max(d.revision) FROM export_document d WHERE d.entry_id = e.id AND d.state = 'live')"
            " FROM entry e JOIN report r ON r.id = e.origin_id"
            " JOIN entry_revision v ON v.entry_id = e.id AND v.revision = r.posted_revision ORDER BY 1"
        )
        for entry, approval, controlled, post_due, posted, count, live in rows:
            ended = approval in ("refused", "cancelled")
            assert not ended or post_due or count == 0, "nothing of it stays in the ledger"
            eligible = (ended or (approval == "approved" and controlled)) and not post_due
            waiting = posted > (live or 0) and (count > 0 or live is not None)
            if not (eligible and waiting):
                assert entry not in found, "exported, not yet eligible, or nothing to export"
            elif live is None:
                assert (found[entry].rank, found[entry].base_revision) == (0, 0)
            elif entry in found:
                assert found[entry].base_revision == live
                assert sum(line.amount for line in found[entry].lines) == 0
            else:  # its last revision changes nothing
                lines = "SELECT account, sum(amount) FROM {} GROUP BY account HAVING sum(amount) <> 0 ORDER BY 1"
                of = f"line WHERE entry_id = {entry} AND revision = "
                assert self.house.rows(lines.format(of + str(posted))) == self.house.rows(lines.format(of + str(live)))

    def proves(self, numbers: list[int]) -> None:
        for number in numbers:
            assert export_facts.verify(self.house.database, self.house.artifacts, number, "FR").findings == ()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            try:
                self.proves(self.live)
            finally:
                self.house.database.close()


SUMMED = ("account", "tax_code", "currency", "amount", "original", "sections")
Sums = dict[tuple[Any, ...], int]


def sums(rows: list[tuple[Any, ...]]) -> Sums:
    """Non-zero sums by entry, account, tax code, currency, what is summed (amount, original, a section), party."""
    found: Counter[tuple[Any, ...]] = Counter()
    for entry, account, tax_code, currency, amount, original, sections, general, auxiliary in rows:
        key = (entry, account, tax_code, currency)
        found[(*key, "amount", general, auxiliary)] += amount
        found[(*key, "original", general, auxiliary)] += original or 0
        for names, part in json.loads(sections or "[]"):
            for axis, section in names.items():
                found[(*key, f"{axis}:{section}", general, auxiliary)] += part
    return {key: value for key, value in found.items() if value}


def without_parties(found: Sums) -> Sums:
    """The same without general account and auxiliary."""
    narrow: Counter[tuple[Any, ...]] = Counter()
    for key, value in found.items():
        narrow[key[:-2]] += value
    return {key: value for key, value in narrow.items() if value}


def run(fresh: Callable[[], House], examples: int, steps: int) -> None:
    machine = type("Machine", (Exports,), {"fresh": staticmethod(fresh)})
    phases = [Phase.generate, Phase.shrink] if THOROUGH > 1 else [Phase.generate]  # shrinking takes minutes
    chosen = settings(max_examples=examples * THOROUGH, stateful_step_count=steps, phases=phases, database=None)
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]


def test_on_sqlite(sqlite_template: Path, tmp_path: Path) -> None:
    numbers = itertools.count()

    def fresh() -> House:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copyfile(sqlite_template, folder / "passerelle.db")
        return House(Database(f"sqlite:///{folder / 'passerelle.db'}"), StandingClock(), folder)

    run(fresh, 15, 18)


def test_on_postgresql(new_postgres_url: Callable[[], str], tmp_path: Path) -> None:
    numbers = itertools.count()

    def fresh() -> House:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return House(Database(new_postgres_url()), StandingClock(), folder)

    run(fresh, 6, 12)
