"""Whether a mileage scale says one thing for each distance: brackets in order, rates that do not overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise

from passerelle.masterdata.faults import Fault
from passerelle.masterdata.mileage import Bracket, MileageRate, MileageScale
from passerelle.masterdata.positions import Path
from passerelle.masterdata.references import fault_at


def scale_faults(path: Path, scale: MileageScale) -> Iterator[Fault]:
    """Every fault of a scale at ``path``."""
    for position, rate in enumerate(scale.rates):
        here: Path = (*path, "rates", position)
        if rate.power_from is not None and rate.power_until is not None and rate.power_until < rate.power_from:
            yield fault_at(
                (*here, "power_until"),
                "PSR-2106",
                f"The fiscal powers from {rate.power_from} until {rate.power_until} are none.",
                str(rate.power_until),
                "power_until not below power_from; both belong to the range",
                "correct one of the two",
            )
        in_order = True
        for fault in _order((*here, "brackets"), rate.brackets):
            in_order = False
            yield fault
        if in_order:
            yield from _falls((*here, "brackets"), rate.brackets)
    for (first, one), (second, other) in combinations(enumerate(scale.rates, start=1), 2):
        if one.vehicle == other.vehicle and _same_power(one, other) and one.overlaps(other):
            yield fault_at(
                (*path, "rates", second - 1),
                "PSR-2107",
                f'Rates {first} and {second} of "{one.vehicle}" hold for the same fiscal power on the same days.',
                "",
                "one rate a day for each class of vehicle and fiscal power",
                "end the earlier one with valid_until before the later one begins, or correct the powers",
            )


def _order(path: Path, brackets: Sequence[Bracket]) -> Iterator[Fault]:
    expected = "ends that rise, and a last bracket without one"
    for position, (bracket, following) in enumerate(pairwise(brackets)):
        if bracket.up_to is None:
            message = f"Bracket {position + 1} has no end, so those after it are never reached."
            yield fault_at((*path, position), "PSR-2105", message, "", expected, "add up_to, or put it last")
        elif following.up_to is not None and following.up_to <= bracket.up_to:
            message = f"Bracket {position + 2} ends at {following.up_to}, not after the one before it."
            remedy = "put the brackets in the order of their ends"
            here: Path = (*path, position + 1, "up_to")
            yield fault_at(here, "PSR-2105", message, str(following.up_to), expected, remedy)
    last = brackets[-1].up_to
    if last is not None:
        message = f"The last bracket ends at {last}, so longer distances have no rate."
        here = (*path, len(brackets) - 1, "up_to")
        yield fault_at(here, "PSR-2105", message, str(last), expected, "remove its up_to, or add a bracket after it")


def _falls(path: Path, brackets: Sequence[Bracket]) -> Iterator[Fault]:
    """A year that is worth less when it is longer: nearly always a fixed part that was forgotten."""
    for position, (bracket, following) in enumerate(pairwise(brackets)):
        end = bracket.up_to or Decimal(0)
        before, after = (one.rate * end + one.fixed for one in (bracket, following))
        if after < before:
            yield fault_at(
                (*path, position + 1),
                "PSR-2114",
                f"Beyond {end:f} the year is worth less than at it: {after:f} after {before:f}.",
                "",
                "fixed so that the next bracket goes on where the one before ends",
                f"fixed = {before - following.rate * end:f} goes on without a gap; keep it if that is how the scale is",
                severity="warning",
            )


def _same_power(one: MileageRate, other: MileageRate) -> bool:
    """Whether some fiscal power is of both; a range without an end has none on that side."""
    return _starts(one.power_from, other.power_until) and _starts(other.power_from, one.power_until)


def _starts(first: int | None, last: int | None) -> bool:
    return first is None or last is None or first <= last
