"""A change after export: the lines that turn what has left into what the ledger now says.

delta = new revision − Σ lines in live exports. Lines equal in account, auxiliary, tax code, sections, currency and
amount are dropped; the others are reversed and rewritten. A delta balances alone, since both sides of it do.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from passerelle.exports.frozen import FrozenLine

_Identity: TypeAlias = tuple[str, str, str, str, str, str, str, int]


def _identity(line: FrozenLine) -> _Identity:
    places = (line.kind, line.account, line.general, line.auxiliary)
    return (*places, line.tax_code, line.sections, line.currency, line.amount)


def reversed_line(line: FrozenLine) -> FrozenLine:
    """The line with both amounts negated; its original rate stays."""
    return line._replace(
        amount=-line.amount,
        base=None if line.base is None else -line.base,
        original=None if line.original is None else -line.original,
        sections=_negated(line.sections),
    )


def _negated(sections: str) -> str:
    if not sections:
        return ""
    turned = [[names, -amount] for names, amount in json.loads(sections)]
    return json.dumps(turned, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def delta(new: Iterable[FrozenLine], exported: Iterable[FrozenLine]) -> list[FrozenLine]:
    """The lines to send: reversals of what no longer holds, then what is new; empty when nothing differs.

    ``exported`` holds the lines of every live export of the entry, earlier deltas included, oldest first. Reversals and
    rewrites among them cancel out first, so that only the net of what has left is reversed.
    """
    wanted = list(new)
    standing = _standing(exported, Counter(map(_identity, wanted)))
    left = Counter({key: len(lines) for key, lines in standing.items()})
    missing: list[FrozenLine] = []
    for line in wanted:
        key = _identity(line)
        if left[key] > 0:
            left[key] -= 1
        else:
            missing.append(line)
    gone = [reversed_line(line) for key, lines in standing.items() for line in lines[: left[key]]]
    return gone + missing


def _standing(exported: Iterable[FrozenLine], wanted: Counter[_Identity]) -> dict[_Identity, list[FrozenLine]]:
    """Lines in live exports without the pairs in which one takes the other back, oldest pairs first.

    A purchase and its refund of the same amount are such a pair too; as many as the new revision holds stay.
    """
    standing: dict[_Identity, list[FrozenLine]] = {}
    for line in exported:
        standing.setdefault(_identity(line), []).append(line)
    for key, lines in standing.items():
        opposite = _identity(reversed_line(lines[0])) if lines else key
        back = standing.get(opposite, [])
        surplus = min(len(lines), len(back)) - min(wanted[key], wanted[opposite])
        if surplus > 0:
            del lines[:surplus], back[:surplus]
    return standing
