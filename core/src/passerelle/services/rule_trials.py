"""``rules check FILE``: a policy tried out on the expenses of a file, without a database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from passerelle.errors import Finding
from passerelle.masterdata.policy import GENERIC
from passerelle.plugins import discover
from passerelle.rules.contract import PolicyRule
from passerelle.rules.declared import Declared, Judgement
from passerelle.rules.judging import Policy
from passerelle.rules.trial import OnTrial, Trial, read_trial
from passerelle.services.configuration import read_text
from passerelle.services.plugin_rules import plugin_rule_faults
from passerelle.services.verdicts_shown import JudgementShown, judgement_shown


class ExpenseTried(JudgementShown):
    """One expense of the file, judged."""

    id: str
    employee: str
    profile: str
    type: str
    date: str
    payer: str
    approved: bool


class Tried(BaseModel):
    """The file judged, in its order. ``without_policy``: the file has no profile, so that everything is covered."""

    model_config = ConfigDict(frozen=True)

    file: str
    expenses: tuple[ExpenseTried, ...]
    blocked: int
    capped: int
    alerts: int
    ok: int
    without_policy: bool
    findings: tuple[Finding, ...]


def check(file: Path) -> Tried:
    """Every expense of the file judged; ``ConfigurationFault`` with every fault of the file, in its place."""
    plugins = discover()
    trial = read_trial(read_text(file), str(file), lambda company: plugin_rule_faults(company, plugins))
    judged = judge(trial, plugins.rules)
    company = trial.company
    tried = []
    items = sorted((one for each in trial.expenses.values() for one in each), key=lambda one: one.declared.id)
    for one in items:
        employee = company.employees[one.given.employee]
        own = company.entities[employee.entity].currency
        shown = judgement_shown(judged[one.declared.id], one.declared.currency, own)
        tried.append(
            ExpenseTried(
                **dict(shown),
                id=one.given.id,
                employee=one.given.employee,
                profile=employee.profile or GENERIC,
                type=one.given.type,
                date=one.declared.day,
                payer=one.given.payer,
                approved=one.given.approved,
            )
        )
    numbers = {outcome: sum(one.outcome == outcome for one in tried) for outcome in ("block", "cap", "alert", "ok")}
    return Tried(
        file=str(file),
        expenses=tuple(tried),
        blocked=numbers["block"],
        capped=numbers["cap"],
        alerts=numbers["alert"],
        ok=numbers["ok"],
        without_policy=not company.profiles,
        findings=trial.warnings,
    )


def judge(trial: Trial, rules: Mapping[str, PolicyRule]) -> dict[int, Judgement]:
    """A judgement of every expense. Approved ones are judged among themselves, then fixed, then the others."""
    policies: dict[tuple[str, str | None], Policy] = {}
    judged: dict[int, Judgement] = {}
    for code, items in trial.expenses.items():
        employee = trial.company.employees[code]
        key = (employee.entity, employee.profile)
        if key not in policies:
            policies[key] = Policy(trial.company, *key, rules)
        policy = policies[key]
        approved = [one.declared for one in items if one.given.approved]
        judged |= {one.id: one for one in policy.judge(approved, employee.leave)}
        standing = [_standing(one, judged) for one in items]
        judged |= {one.id: one for one in policy.judge(standing, employee.leave)}
    return judged


def _standing(one: OnTrial, judged: Mapping[int, Judgement]) -> Declared:
    if not one.given.approved:
        return one.declared
    fixed = judged[one.declared.id]
    return one.declared._replace(
        state="blocked" if fixed.blocked else "fixed",
        gross=fixed.gross,
        entity_gross=fixed.entity_gross,
        covered=fixed.covered,
        entity_covered=fixed.entity_covered,
    )
