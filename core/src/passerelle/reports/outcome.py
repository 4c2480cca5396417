"""What an import did, in counts that add up."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.errors import Finding
from passerelle.money import CURRENCIES
from passerelle.reports.expense import DECIMAL

Fate = Literal["taken", "unchanged", "differing", "refused"]
_FATES: tuple[Fate, ...] = get_args(Fate)
_KEPT = 10_000  # findings held in memory; all of them stand in the rejects file


class Amount(BaseModel):
    """A total in one currency, as a decimal string."""

    model_config = ConfigDict(frozen=True)
    currency: str
    amount: str


class Cover(BaseModel):
    """What was declared in one currency and what the policy covers of it, as decimal strings."""

    model_config = ConfigDict(frozen=True)
    currency: str
    declared: str
    covered: str


class Judged(NamedTuple):
    """How many expenses the policy judged for the first time, how many verdicts on others changed, and what it found.

    ``blocked`` ones are refused where they were paid by the employee (``refused`` of them). ``amounts`` holds
    (currency, declared, covered) of those judged for the first time, in minor units.
    """

    expenses: int = 0
    changed: int = 0
    blocked: int = 0
    refused: int = 0
    capped: int = 0
    alerts: int = 0
    amounts: tuple[tuple[str, int, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    findings_total: int = 0


class Fates(BaseModel):
    """What became of the lines of a file, or of the expenses in them; read is the sum of the others.

    ``differing``: the id is known with other content. Like a refused line it was not taken.
    """

    model_config = ConfigDict(frozen=True)
    read: int
    taken: int
    unchanged: int
    differing: int
    refused: int

    @property
    def not_taken(self) -> int:
        """Lines that a person must look at: what a rejects file holds."""
        return self.differing + self.refused


class ImportOutcome(BaseModel):
    """What an import did. ``written`` is false after a dry run, or where --strict refused the whole file.

    ``file_lines`` is how many lines of the file those of ``lines`` were read from: more where quoted cells span lines.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    file: str
    source: str
    written: bool
    lines: Fates
    expenses: Fates
    file_lines: int
    withdrawn: int
    reports_new: int
    reports_changed: int
    approved: int
    posted: int
    ledger_lines: int
    held_back: int
    duplicates: int
    judged: int
    blocked: int
    capped: int
    alerts: int
    covers: tuple[Cover, ...]
    amounts_taken: tuple[Amount, ...]
    amounts_unchanged: tuple[Amount, ...]
    amounts_differing: tuple[Amount, ...]
    amounts_refused: tuple[Amount, ...]
    rejects: str
    former_rejects: str
    findings: tuple[Finding, ...]
    findings_total: int


class Tally:
    """Counts while an import runs."""

    def __init__(self) -> None:
        self.lines: Counter[Fate] = Counter()
        self.expenses: Counter[Fate] = Counter()
        self.amounts: dict[Fate, Counter[str]] = {fate: Counter() for fate in _FATES}
        self.file_lines = 0
        self.withdrawn = 0
        self.reports_new = 0
        self.reports_changed = 0
        self.approved = 0
        self.duplicates = 0
        self.judged = Judged()
        self.findings: list[Finding] = []
        self.findings_total = 0

    def add(self, fate: Fate, amounts: Iterable[tuple[str, int]], length: int = 1) -> None:
        """One line, read from ``length`` lines of the file, with (currency, minor units) of each expense in it."""
        self.lines[fate] += 1
        self.file_lines += length
        for currency, amount in amounts:
            self.expenses[fate] += 1
            self.amounts[fate][currency] += amount

    @property
    def all_taken(self) -> bool:
        """Whether no line was left out and the policy refuses nothing."""
        return not (self.lines["refused"] or self.lines["differing"] or self.judged.refused)

    def note(self, findings: Iterable[Finding], total: int = 0) -> None:
        """Findings, of which the first ten thousand are kept; ``total``: there were more than are given."""
        for finding in findings:
            self.findings_total += 1
            total -= 1
            if len(self.findings) < _KEPT:
                self.findings.append(finding)
        self.findings_total += max(0, total)

    def note_duplicates(self, findings: Iterable[Finding]) -> None:
        """Alerts on expenses that may be declared twice, which are counted as well."""
        before = self.findings_total
        self.note(findings)
        self.duplicates += self.findings_total - before

    def outcome(
        self, file: str, source: str, written: bool, rejects: tuple[str, str], posting: tuple[int, int, int]
    ) -> ImportOutcome:
        """The counts as one value.

        ``rejects``: the rejects file, where the former one went. ``posting``: reports posted, ledger lines, reports
        held back by a finding.
        """
        return ImportOutcome(
            file=file,
            source=source,
            written=written,
            lines=_fates(self.lines),
            expenses=_fates(self.expenses),
            file_lines=self.file_lines,
            withdrawn=self.withdrawn,
            reports_new=self.reports_new,
            reports_changed=self.reports_changed,
            approved=self.approved,
            posted=posting[0],
            ledger_lines=posting[1],
            held_back=posting[2],
            duplicates=self.duplicates,
            judged=self.judged.expenses,
            blocked=self.judged.blocked,
            capped=self.judged.capped,
            alerts=self.judged.alerts,
            covers=tuple(
                Cover(currency=code, declared=money.text(declared, code), covered=money.text(covered, code))
                for code, declared, covered in self.judged.amounts
            ),
            amounts_taken=_amounts(self.amounts["taken"]),
            amounts_unchanged=_amounts(self.amounts["unchanged"]),
            amounts_differing=_amounts(self.amounts["differing"]),
            amounts_refused=_amounts(self.amounts["refused"]),
            rejects=rejects[0],
            former_rejects=rejects[1],
            findings=tuple(self.findings),
            findings_total=self.findings_total,
        )


def readable(currency: Any, amount: Any) -> Iterator[tuple[str, int]]:
    """(currency, minor units) of a refused expense for the totals, where they can be read."""
    if currency in CURRENCIES and isinstance(amount, str) and DECIMAL.fullmatch(amount):
        with contextlib.suppress(ValueError):  # more decimals than the currency has
            yield currency, money.minor(Decimal(amount), currency)


def _fates(counted: Mapping[Fate, int]) -> Fates:
    each = {fate: counted.get(fate, 0) for fate in _FATES}
    return Fates(read=sum(each.values()), **each)


def _amounts(totals: Mapping[str, int]) -> tuple[Amount, ...]:
    return tuple(Amount(currency=code, amount=money.text(total, code)) for code, total in sorted(totals.items()))
