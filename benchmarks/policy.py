"""The policy beside rule engines, on the same simple rule, and a million expenses against twenty rules."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from passerelle.masterdata.company import Company
from passerelle.rules.declared import Declared
from passerelle.rules.judging import Policy

PER_EMPLOYEE = 100
TYPES = ("MEAL", "HOTEL", "TAXI", "PARKING", "TRAIN")
KINDS = {"MEAL": "guests", "HOTEL": "quantity"}
SIMPLE = 'type == "MEAL" and gross > 2500 and not has_receipt'


def _company(profiles: dict[str, Any]) -> Company:
    entity = {"name": "Banc", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg"}
    return Company.model_validate(
        {
            "entities": {"FR": entity},
            "charts": {"pcg": {"accounts": {}}},
            "expense_types": {
                code: {"name": code, "kind": KINDS.get(code, "standard"), "accounts": {}} for code in TYPES
            },
            "profiles": profiles,
        }
    )


def twenty_rules() -> Policy:
    """Ten rules in control sets, ten over lists of types."""
    eur = "amounts"
    types: dict[str, Any] = {
        "MEAL": {"cap": [{"period": "day", eur: {"EUR": 40}}], "alert": [{"period": "month", eur: {"EUR": 600}}]},
        "HOTEL": {"cap": [{"period": "day", eur: {"EUR": 150}}], "alert": [{"period": "year", eur: {"EUR": 9000}}]},
        "TAXI": {"count": [{"period": "day", "limit": 4}], "alert": [{"period": "week", eur: {"EUR": 200}}]},
        "PARKING": {"cap": [{"period": "day", eur: {"EUR": 30}}], "count": [{"period": "week", "limit": 10}]},
        "TRAIN": {"alert": [{"period": "quarter", eur: {"EUR": 3000}}], "count": [{"period": "day", "limit": 4}]},
    }
    every = list(TYPES)
    rules: dict[str, Any] = {
        "ONE-RIDE": {"kind": "restriction", "types": ["TAXI", "PARKING"], "limit": 3, "period": "day"},
        "LOCAL": {"kind": "cap", "types": ["TAXI", "PARKING"], "period": "week", eur: {"EUR": 250}},
        "TRAVEL": {"kind": "cap", "types": ["TRAIN", "HOTEL"], "period": "month", eur: {"EUR": 4000}},
        "YEAR": {"kind": "cap", "types": every, "period": "year", eur: {"EUR": 20000}},
        "WATCH": {"kind": "alert", "types": every, "period": "month", eur: {"EUR": 2500}},
        "RECEIPT": {"kind": "receipt", "above": {"EUR": 25}, "consequence": "alert"},
        "WHY": {"kind": "comment", "types": ["TAXI"], "consequence": "alert"},
        "AGE": {"kind": "age", "days": 90, "consequence": "alert"},
        "FUTURE": {"kind": "future"},
        "DAYS": {"kind": "days", "weekends": "alert", "holidays": "alert", "leave": "alert"},
    }
    return Policy(_company({"generic": {"name": "All", "types": types, "rules": rules}}), "FR", None)


def one_rule() -> Policy:
    """The simple rule that the peers judge too."""
    rules = {"RECEIPT": {"kind": "receipt", "types": ["MEAL"], "above": {"EUR": 25}, "consequence": "alert"}}
    ticked: dict[str, Any] = {code: {} for code in TYPES}
    return Policy(_company({"generic": {"name": "All", "types": ticked, "rules": rules}}), "FR", None)


def expenses_of(employee: int) -> list[Declared]:
    """A year of one employee; the figures repeat in a fixed pattern."""
    found = []
    for number in range(PER_EMPLOYEE):
        mixed = employee * 31 + number * 17
        day = f"2026-{1 + number * 12 // PER_EMPLOYEE:02d}-{1 + mixed % 28:02d}"
        gross = 800 + mixed * 37 % 9000
        place = (f"{day}T18:00:00+00:00", f"{number:04d}")
        found.append(
            Declared(
                employee * PER_EMPLOYEE + number, place, "open", TYPES[mixed % 5], day, day, "FR", "EUR", gross, gross,
                True, "1", mixed % 3, mixed % 7 == 0, mixed % 4 != 0, None, "", False, None,
            )
        )  # fmt: skip
    return found


def judged(policy: Policy, employees: int) -> Iterator[Any]:
    """One streaming pass, employee by employee."""
    for employee in range(employees):
        yield from policy.judge(expenses_of(employee))


def _rate(job: Callable[[], int]) -> float:
    start = time.perf_counter()
    done = job()
    return done / (time.perf_counter() - start)


def peers() -> dict[str, float]:
    """Evaluations of the same simple rule a second: ours with its verdicts, rule-engine's, zen-engine's."""
    import rule_engine
    import zen

    histories = [expenses_of(employee) for employee in range(500)]
    facts = [one._asdict() for history in histories for one in history]
    policy, rule, expression = one_rule(), rule_engine.Rule(SIMPLE), zen.compile_expression(SIMPLE)
    found = {}

    def ours() -> int:
        hits = done = 0
        for history in histories:
            for judgement in policy.judge(history):
                hits += any(verdict.outcome == "alert" for verdict in judgement.verdicts)
                done += 1
        found["ours"] = hits
        return done

    def theirs(name: str, matches: Callable[[dict[str, Any]], Any]) -> int:
        found[name] = sum(bool(matches(fact)) for fact in facts)
        return len(facts)

    rates = {
        "passerelle": _rate(ours),
        "rule-engine": _rate(lambda: theirs("rule-engine", rule.matches)),
        "zen-engine": _rate(lambda: theirs("zen-engine", expression.evaluate)),
    }
    if len(set(found.values())) != 1:
        raise AssertionError(f"the engines disagree: {found}")
    return rates


def pass_over(expenses: int) -> dict[str, float]:
    """Rate and peak memory of judging so many expenses against twenty rules; run it in a process of its own."""
    policy = twenty_rules()
    verdicts = 0

    def job() -> int:
        nonlocal verdicts
        done = 0
        for judgement in judged(policy, expenses // PER_EMPLOYEE):
            verdicts += len(judgement.verdicts)
            done += 1
        return done

    rate = _rate(job)
    status = Path("/proc/self/status").read_text()
    return {
        "expenses": expenses,
        "expenses_per_second": rate,
        "verdicts_per_second": rate * verdicts / expenses,
        "peak_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(pass_over(int(sys.argv[1]))))
