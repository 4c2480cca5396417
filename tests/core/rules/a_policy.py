"""Decision tables: a policy as a company writes it, and rows of declarations with what it must say of each.

A row reads ``DAY TYPE AMOUNT options | COVERED kinds``: the day, the type, the amount in EUR (``?`` where the policy
fills it in), then what is covered, or ``blocked``, and the kinds of the verdicts that are not fine. Rows are declared
in their order. Options: ``USD`` (another currency), ``guests=3``, ``quantity=2.5``, ``km=1500``, ``cv=5``, ``in=DE``
(where it was made), ``declared=2026-02-01``, ``names=1`` (a refund of the first row), ``company`` (company money),
``control=5.00`` (lowered by an accountant), ``no-receipt``, ``no-comment``, and where it stands: ``fixed=12.00``
(approved, with its cover), ``refused``, ``gone``; those three have no right side.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from passerelle import money
from passerelle.masterdata.company import Company, Leave
from passerelle.rules.contract import PolicyRule
from passerelle.rules.declared import Declared, Judgement, State
from passerelle.rules.judging import Policy

RATES = {"EUR": "1", "USD": "0.9", "GBP": "1.2", "JPY": "0.006"}
"""Units of EUR for one of each."""

KINDS = {"MEAL": "guests", "NIGHT": "quantity", "TRIP": "mileage"}
TYPES = ("MEAL", "NIGHT", "TRIP", "TAXI", "MILEAGE", "DIESEL", "GAS")
ALL_TICKED = "[profiles.generic]\nname = 'All'\n" + "".join(f"[profiles.generic.types.{code}]\n" for code in TYPES)


def company(policy: str = "", **entity: str) -> Company:
    """A French company with this policy; ``entity`` overrides its country and the like."""
    raw: dict[str, Any] = tomllib.loads(policy, parse_float=Decimal)
    base = {"name": "France", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "PCG"}
    return Company.model_validate(
        {
            "entities": {"FR": base | entity},
            "charts": {"PCG": {"accounts": {}}},
            "expense_types": {t: {"name": t, "kind": KINDS.get(t, "standard"), "accounts": {}} for t in TYPES},
        }
        | raw
    )


def expense(number: int, written: str) -> Declared:
    """The left side of a row, the ``number``-th."""
    day, type_code, amount, *words = written.split()
    said = dict(word.split("=") for word in words if "=" in word)
    currency = next((word for word in words if word in RATES), "EUR")
    gross = 0 if amount == "?" else money.minor(Decimal(amount), currency)
    entity_gross = money.convert(gross, currency, Decimal(RATES[currency]), "EUR")
    state: State = "fixed" if "fixed" in said else "blocked" if "refused" in words else "open"
    covered = money.minor(Decimal(said.get("fixed", "0")), currency)
    return Declared(
        id=number,
        place=(f"{number:06d}", f"L{number}"),
        state="gone" if "gone" in words else state,
        type=type_code,
        day=day,
        declared_day=said.get("declared", day),
        country=said.get("in", "FR"),
        currency=currency,
        gross=gross,
        entity_gross=entity_gross,
        own_money="company" not in words,
        quantity=said.get("quantity", ""),
        guests=int(said.get("guests", 0)),
        has_comment="no-comment" not in words,
        has_receipt="no-receipt" not in words,
        cancels=int(said["names"]) if "names" in said else None,
        mileage=_trip(said) if "km" in said or "mi" in said else "",
        computed=amount == "?",
        control_cover=money.minor(Decimal(said["control"]), "EUR") if "control" in said else None,
        covered=covered,
        entity_covered=money.convert(covered, currency, Decimal(RATES[currency]), "EUR"),
        rate=RATES[currency],
    )


def _trip(said: Mapping[str, str]) -> str:
    trip = {"distance": said.get("km") or said["mi"], "unit": "km" if "km" in said else "mi"}
    return json.dumps(
        trip | {"power": int(said["cv"]) if "cv" in said else None, "vehicle_class": "car", "vehicle": said.get("car")}
    )


def rows(table: str) -> Iterator[tuple[str, str]]:
    """Left and right sides, without the lines that are empty."""
    for line in table.strip().splitlines():
        if line.strip():
            left, _, right = line.partition("|")
            yield " ".join(left.split()), " ".join(right.split())


def judgements(
    policy: Company,
    expenses: Sequence[Declared],
    profile: str | None = None,
    leave: tuple[Leave, ...] = (),
    plugins: Sequence[PolicyRule] = (),
) -> dict[int, Judgement]:
    """What becomes of the open ones, by id."""
    judge = Policy(policy, "FR", profile, {rule.name: rule for rule in plugins})
    return {judgement.id: judgement for judgement in judge.judge(expenses, leave)}


def said(declared: Declared, judgement: Judgement) -> str:
    """The right side of a row."""
    kinds = [verdict.kind for verdict in judgement.verdicts if verdict.outcome != "ok"]
    covered = "blocked" if judgement.blocked else money.text(judgement.covered, declared.currency)
    return " ".join([covered, *kinds])


def check(
    policy: Company | str,
    table: str,
    profile: str | None = None,
    leave: tuple[Leave, ...] = (),
    plugins: Sequence[PolicyRule] = (),
) -> dict[int, Judgement]:
    """Holds a policy to a table; the judgements, for those who look closer."""
    written = list(rows(table))
    expenses = [expense(number, left) for number, (left, _) in enumerate(written, start=1)]
    found = judgements(company(policy) if isinstance(policy, str) else policy, expenses, profile, leave, plugins)
    answered = [
        f"{left} | {said(declared, found[declared.id])}" if declared.id in found else left
        for declared, (left, _) in zip(expenses, written, strict=True)
    ]
    assert answered == [f"{left} | {right}" if right else left for left, right in written]
    return found


def verdict_of(judgement: Judgement, kind: str) -> tuple[str, str, str, int, int, int | None, int | None]:
    """Rule, outcome, period, counted, used, threshold, left of the only verdict of a kind."""
    [found] = [verdict for verdict in judgement.verdicts if verdict.kind == kind]
    return (found.rule, found.outcome, found.period, found.counted, found.used, found.threshold, found.left)
