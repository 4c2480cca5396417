"""The real files read a second time, with the csv module and Decimal alone: what must come out of the product."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

# expense type -> entity, name, expense account
TYPES = {
    "PARKING": ("AU", "Parking", "625110"),
    "CAR_OTHER": ("AU", "Other car costs", "625120"),
    "CAR_PRIVATE": ("AU", "Private vehicle", "625130"),
    "TAXI": ("AU", "Taxi", "625140"),
    "FUEL": ("AU", "Fuel", "606140"),
    "LEASE": ("AU", "Vehicle lease", "613500"),
    "CHARTER": ("AU", "Charter", "625150"),
    "FARE": ("AU", "Domestic fare", "625160"),
    "ALLOWANCE": ("AU", "Travel allowance", "625600"),
    "TELECOM": ("BR", "Telecomunicações", "626100"),
    "POST": ("BR", "Correios", "626300"),
    "FLIGHT": ("BR", "Passagem aérea", "625170"),
}
_VEHICLES = {
    "FUEL": ("Fuel", "4WD Fuel", "Fuel interest fee"),
    "LEASE": ("Lease", "4WD Lease", "Lease adj", "End of lease adj"),
}
_CUT = "2 Sep to"  # a piece of "Fuel 2 Sep to 22 Sep 16" where its kind should stand
_REIMBURSED = {"10": "TELECOM", "11": "POST", "999": "FLIGHT"}


@dataclass(frozen=True)
class Spent:
    """A line of a source. ``refused`` is the code under which the product must refuse it, or empty."""

    line: int
    raw: str
    employee: str
    type: str
    month: str
    amount: Decimal
    refused: str


@dataclass(frozen=True)
class Source:
    """A file: whose it is, its columns, and the one expense type of its lines where it has but one.

    ``mend`` says, by code, what a person writes instead of the cell that was refused.
    """

    name: str
    entity: str = "AU"
    folder: str = "expenses/au_parl_finance_ccbysa"
    days: tuple[str, ...] = ("start_date", "end_date")
    type: str = ""
    mend: tuple[tuple[str, str, str], ...] = ()

    @property
    def currency(self) -> str:
        """Of its entity and of all its lines."""
        return {"AU": "AUD", "BR": "BRL"}[self.entity]

    def path(self, shared: Path) -> Path:
        """Where the file lies."""
        return shared / self.folder / f"{self.name}.csv"

    def lines(self, shared: Path) -> Iterator[Spent]:
        """Every line of the file."""
        raws = self.path(shared).read_text(encoding="utf-8").splitlines()
        rows = csv.DictReader(raws)
        for row in rows:
            raw = raws[rows.line_num - 1]
            yield (self._reimbursed if self.entity == "BR" else self._claimed)(rows.line_num, raw, row)

    def _claimed(self, line: int, raw: str, row: dict[str, str]) -> Spent:
        day = next((row[name] for name in self.days if row[name] > "0001"), "")
        kind = self.type or next((code for code, kinds in _VEHICLES.items() if row["type"] in kinds), "CAR_OTHER")
        refused = "" if day else "PSR-1022"
        if not self.type and row["type"] == _CUT:
            kind, refused = "FUEL", "PSR-1021"
        return Spent(line, raw, person(row), kind, day[:7], Decimal(row["amount"]), refused)

    def _reimbursed(self, line: int, raw: str, row: dict[str, str]) -> Spent:
        month = row["issue_date"][:7] or f"{row['year']}-{int(row['month']):02d}"
        kind = _REIMBURSED[row["subquota_number"]]
        return Spent(line, raw, person(row), kind, month, Decimal(row["total_net_value"]), "")


def person(row: dict[str, str]) -> str:
    """The employee code of a row."""
    return row.get("parl_id", "").replace("'", "") or row["congressperson_id"]


SOURCES = (
    Source("all_car_other", type="CAR_OTHER", mend=(("PSR-1022", ",0000-00-00,0000-00-00,", ",2014-06-14,,"),)),
    Source("all_car_parking", type="PARKING"),
    Source("all_car_private", type="CAR_PRIVATE", days=("date",)),
    Source("p39_car_cabcharge", type="TAXI", days=("date",)),
    Source("p39_car_pplated", mend=(("PSR-1021", ',"2 Sep to",', ",Fuel,"),)),
    Source("p39_charter_electo", type="CHARTER"),
    Source("p39_domestic_fares", type="FARE", days=("flight_date",)),
    Source("p39_travel_allowance", type="ALLOWANCE"),
    Source("reimbursements_sample", entity="BR", folder="expenses/br_deputies"),
)


@dataclass(frozen=True)
class Expected:
    """What lines must become: reports, ledger lines, and the balance of every account (employees by their code)."""

    reports: int
    documents: int
    ledger_lines: int
    balances: dict[str, Decimal]

    @classmethod
    def of(cls, lines: list[Spent]) -> Expected:
        """One report per employee and month, a line per amount that is not zero, one that owes the employee the sum."""
        owed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        balances: dict[str, Decimal] = defaultdict(Decimal)
        moved = [one for one in lines if one.amount]
        for one in moved:
            owed[one.employee, one.month] += one.amount
            balances[TYPES[one.type][2]] += one.amount
            balances[one.employee] -= one.amount
        return cls(
            reports=len({(one.employee, one.month) for one in lines}),
            documents=len(owed),
            ledger_lines=len(moved) + sum(1 for amount in owed.values() if amount),
            balances={name: amount for name, amount in balances.items() if amount},
        )
