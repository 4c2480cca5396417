"""Which of the verdicts of an expense decides: the strictest, and among caps the one that leaves least."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from passerelle.rules.declared import Outcome, Verdict

_STRICTNESS: dict[Outcome, int] = {"ok": 0, "alert": 1, "cap": 2, "block": 3}


def outcome_of(verdicts: Iterable[Verdict]) -> Outcome:
    """The strictest outcome; *ok* where no rule had anything to say."""
    return max((verdict.outcome for verdict in verdicts), key=_STRICTNESS.__getitem__, default="ok")


def deciding(verdicts: Iterable[Verdict], currency: str, gross: int, entity_gross: int) -> Verdict | None:
    """The verdict that decides; ``None`` where all are *ok*. Of equals the first, as the policy lists them."""
    said = [verdict for verdict in verdicts if verdict.outcome != "ok"]
    strictest = outcome_of(said)
    among = [verdict for verdict in said if verdict.outcome == strictest]
    if strictest == "cap":
        return min(among, key=lambda verdict: _granted(verdict, currency, gross, entity_gross))
    return among[0] if among else None


def _granted(verdict: Verdict, currency: str, gross: int, entity_gross: int) -> Fraction:
    """The part of the expense that a cap leaves covered, so that caps of two currencies can be compared."""
    whole = gross if verdict.unit == currency else entity_gross
    room = max(0, (verdict.threshold or 0) - verdict.used)
    return Fraction(room, whole) if whole > 0 else Fraction(0)
