"""Verdicts as people and programs read them: amounts as text with their currency, each verdict as a sentence."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from passerelle import money
from passerelle.rules.deciding import deciding, outcome_of
from passerelle.rules.declared import Judgement, Outcome, Verdict
from passerelle.rules.sentences import sentence

NO_RULE = "No rule of the policy concerns it."


class VerdictShown(BaseModel):
    """What one rule says. ``used``, ``threshold``, ``left`` are amounts of ``unit``, or numbers where it is empty."""

    model_config = ConfigDict(frozen=True)

    rule: str
    kind: str
    outcome: Outcome
    period: str
    counted: int
    used: str
    threshold: str | None
    left: str | None
    unit: str
    note: str
    sentence: str


class JudgementShown(BaseModel):
    """What becomes of an expense: the strictest outcome, which rule decides, what is covered, and every verdict."""

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    decided_by: str  # path of the rule; empty: none
    sentence: str
    amount: str
    currency: str
    entity_amount: str
    entity_currency: str
    covered: str
    entity_covered: str
    verdicts: tuple[VerdictShown, ...]


def verdict_shown(verdict: Verdict) -> VerdictShown:
    """One verdict."""

    def amount(number: int) -> str:
        return money.text(number, verdict.unit) if verdict.unit else str(number)

    return VerdictShown(
        **{name: getattr(verdict, name) for name in ("rule", "kind", "outcome", "period", "counted", "unit", "note")},
        used=amount(verdict.used),
        threshold=None if verdict.threshold is None else amount(verdict.threshold),
        left=None if verdict.left is None else amount(verdict.left),
        sentence=sentence(verdict),
    )


def judgement_shown(judged: Judgement, currency: str, entity_currency: str) -> JudgementShown:
    """One judgement of an expense made in ``currency``."""
    decides = deciding(judged.verdicts, currency, judged.gross, judged.entity_gross)
    first = decides or next(iter(judged.verdicts), None)
    return JudgementShown(
        outcome=outcome_of(judged.verdicts),
        decided_by=decides.rule if decides is not None else "",
        sentence=sentence(first) if first is not None else NO_RULE,
        amount=money.text(judged.gross, currency),
        currency=currency,
        entity_amount=money.text(judged.entity_gross, entity_currency),
        entity_currency=entity_currency,
        covered=money.text(judged.covered, currency),
        entity_covered=money.text(judged.entity_covered, entity_currency),
        verdicts=tuple(map(verdict_shown, judged.verdicts)),
    )
