"""What holds for an expense of a type: the control set by inheritance, and the rules that list the type."""

from __future__ import annotations

from typing import NamedTuple

from passerelle.masterdata.company import Company
from passerelle.masterdata.policy import GENERIC, Rule, Ticked

FREE = Ticked()
"""Ticked without a control set: nothing is controlled."""


class PlacedRule(NamedTuple):
    """A rule, and where it stands in the policy."""

    path: str
    rule: Rule


class TypePolicy(NamedTuple):
    """What a profile says of one type. A control set is taken whole from one profile, never merged."""

    path: str  # of the control set, or of the profile that does not tick the type
    allowed: bool
    controls: Ticked
    rules: tuple[PlacedRule, ...]


def type_policy(company: Company, profile: str | None, type_code: str) -> TypePolicy:
    """The profile's own control set where it ticks the type, else the generic profile's; the rules of both."""
    if not company.profiles:
        return TypePolicy("", True, FREE, ())
    chain = [GENERIC] if profile in (None, GENERIC) else [str(profile), GENERIC]
    profiles = {code: company.profiles[code] for code in chain if code != GENERIC or code in company.profiles}
    rules = tuple(
        PlacedRule(f"profiles.{code}.rules.{name}", rule)
        for code, held in profiles.items()
        for name, rule in held.rules.items()
        if not rule.types or type_code in rule.types
    )
    for code, held in profiles.items():
        if (ticked := held.types.get(type_code)) is not None:
            return TypePolicy(f"profiles.{code}.types.{type_code}", True, ticked, rules)
    return TypePolicy(f"profiles.{chain[0]}", False, FREE, rules)


def weekends_worked(company: Company, profile: str | None) -> bool:
    """Whether no rule on weekends holds: as the profile says, else as the generic one does."""
    for code in (profile, GENERIC):
        held = company.profiles.get(code) if code is not None else None
        if held is not None and held.weekends_worked is not None:
            return held.weekends_worked
    return False
