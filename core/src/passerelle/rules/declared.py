"""One expense as the policy sees it, and what the policy says of it. Amounts are in minor units."""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

State = Literal["open", "fixed", "blocked", "gone"]
Outcome = Literal["ok", "alert", "cap", "block"]
VerdictKind = Literal[
    "type", "count", "restriction", "cap", "alert", "flat_rate", "mileage", "receipt", "comment", "age", "future",
    "days", "refund", "plugin",
]  # fmt: skip


class Declared(NamedTuple):
    """An expense of one employee, with where it stands.

    ``state``: *open* is judged; *fixed* was judged and approved, and takes its room first; *blocked* (an own-money
    expense that stays refused, or any that was blocked when its report was approved) and *gone* (withdrawn, or of a
    refused or cancelled report) count for nothing, and are there for the refunds that name them.
    """

    id: int
    place: tuple[str, str]  # instant of the first declaration, source id: its place in the order
    state: State
    type: str  # code of the expense type
    day: str
    declared_day: str  # of the first declaration, in the entity's time zone
    country: str
    currency: str
    gross: int
    entity_gross: int  # in the entity's currency
    own_money: bool
    quantity: str
    guests: int
    has_comment: bool
    has_receipt: bool
    cancels: int | None  # id of the expense that a refund names
    mileage: str  # JSON of reports.expense.Mileage, or empty
    computed: bool  # no amount was stated: the policy fills it in
    control_cover: int | None  # what an accountant lowered the cover to, in the entity's currency
    covered: int = 0  # of a fixed one: what was granted, in its currency …
    entity_covered: int = 0  # … and in the entity's
    rate: str = "1"  # entity currency per unit of the original: converts an amount that the policy fills in
    comment: str = ""  # as declared: what a plugin's rule may read

    @property
    def is_refund(self) -> bool:
        """Whether it gives money back. An amount that the policy filled in is a trip or a stay, whatever its sign."""
        return self.gross < 0 and not self.computed


class Verdict(NamedTuple):
    """What one rule says of one expense, with what it counted.

    ``used`` and ``left`` are amounts of ``unit`` (a currency) in minor units, or numbers of declarations or days where
    ``unit`` is empty. ``counted`` is how many expenses of the period were counted before this one.
    """

    rule: str  # path in the policy: "profiles.generic.types.MEAL.cap[1]", "profiles.sales.rules.TRIPS"
    kind: VerdictKind
    outcome: Outcome
    period: str = ""  # 2026-01-15, 2026-W03, 2026-01, 2026-Q1, 2026
    counted: int = 0
    used: int = 0  # before this expense
    threshold: int | None = None  # effective, with the shares declared so far
    left: int | None = None  # after this expense
    unit: str = ""
    note: str = ""  # what a person must know beside: a holiday's name, the other types, a plugin's sentence
    each: int | None = None  # the threshold as configured, where shares raise it


new_verdict = partial(tuple.__new__, Verdict)
"""A verdict of all its fields, as a tuple in their order: twice as fast as by name, for the innermost loops."""


class Judgement(NamedTuple):
    """What becomes of an open expense. The amount is as filled in, where the policy fills it in."""

    id: int
    gross: int
    entity_gross: int
    covered: int
    entity_covered: int
    blocked: bool
    verdicts: tuple[Verdict, ...]
