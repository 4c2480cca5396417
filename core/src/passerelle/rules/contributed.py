"""Rules of plugins, asked one expense at a time. One that fails is an alert, and the policy's other rules go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from passerelle.rules.contract import Opinion, PolicyRule
from passerelle.rules.declared import Declared, Verdict


class Contributed(NamedTuple):
    """A plugin's rule on a day. ``offered`` is ``None`` when no plugin offers it."""

    path: str
    period: str
    key: str
    name: str
    settings: Mapping[str, Any]
    offered: PolicyRule | None


def ask(
    rule: Contributed, expense: Declared, counted: Sequence[Declared], entity_currency: str
) -> tuple[Verdict | None, int | None]:
    """The verdict, and the most that the rule covers in the entity's currency."""
    before = len(counted)

    def says(outcome: Any, note: str) -> Verdict:
        return Verdict(rule.path, "plugin", outcome, rule.period, before, note=note)

    if rule.offered is None:
        return says("alert", f"the rule could not be judged: no plugin offers {rule.name}"), None
    try:
        opinion = rule.offered.judge(rule.settings, expense, tuple(counted))
    except Exception as fault:  # a plugin may do anything, and its words may hold a secret
        return says("alert", f"the rule could not be judged: {type(fault).__name__}"), None
    if opinion is None:
        return None, None
    if not isinstance(opinion, Opinion) or opinion.outcome not in ("alert", "cap", "block"):
        return says("alert", "the rule could not be judged: it gave no opinion that can be read"), None
    if opinion.outcome != "cap":
        return says(opinion.outcome, _one_line(opinion.sentence)), None
    cover = opinion.cover
    if isinstance(cover, bool) or not isinstance(cover, int) or cover < 0:
        return says("alert", "the rule could not be judged: it states no cover of zero or more"), None
    outcome = "cap" if cover < expense.entity_gross else "ok"
    return says(outcome, _one_line(opinion.sentence))._replace(threshold=cover, unit=entity_currency), cover


def _one_line(sentence: object) -> str:
    """What a plugin says, as a part of a sentence that every database holds."""
    return " ".join(str(sentence).encode(errors="replace").decode().replace("\x00", " ").split())
