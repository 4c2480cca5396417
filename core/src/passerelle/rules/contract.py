"""A rule that a plugin brings to the policy: a named pure function, offered through the hook ``register_rules``.

A policy names it where it is to hold: ``rules.GIFTS = { kind = "plugin", rule = "acme-gifts", types = ["GIFT"],
period = "year", settings = { limit = "73.00" } }``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from passerelle.rules.declared import Declared

if TYPE_CHECKING:
    from pydantic import BaseModel

RULE_API = 1


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a plugin's rule says: an alert, a block, or a cover of at most ``cover`` in the entity's minor units.

    ``sentence`` tells a person why.
    """

    outcome: Literal["alert", "cap", "block"]
    sentence: str
    cover: int | None = None  # with "cap" only, from 0 to the expense's entity_gross


Judging: TypeAlias = Callable[[Mapping[str, Any], Declared, Sequence[Declared]], Opinion | None]


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """``judge(settings, expense, counted)`` gives an opinion, or ``None`` when it has nothing to say.

    ``counted`` are the expenses of the rule's types and period that count and stand before this one, in order. The
    function is pure: the same arguments, the same opinion. It is never asked about refunds.
    """

    name: str  # as a policy names it: "acme-alcohol"
    judge: Judging
    settings: type[BaseModel] | None = None  # what a policy may say under `settings`; none: nothing
    api: int = RULE_API
