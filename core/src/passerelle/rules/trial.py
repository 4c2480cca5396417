"""A policy on trial: one TOML file that holds a policy and expenses, read without a database.

The file is a ``company.toml``, or the part of one that a policy needs, with ``[[expenses]]``. What a company must say
and a policy does not ask (names, charts, accounts) is filled in. Every fault of the file is told at once, in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError

from passerelle import money
from passerelle.errors import ConfigurationFault, Finding
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault
from passerelle.masterdata.positions import Path
from passerelle.masterdata.source import read
from passerelle.periods import instant_text
from passerelle.reports.expense import Amount, ExpenseInput, Identity
from passerelle.reports.faults import field_name, hinted, of_model, one_of
from passerelle.reports.intake import CheckedExpense, check_expense
from passerelle.reports.known import EntityView
from passerelle.rules.declared import Declared

ENTITY = "COMPANY"
"""The legal entity of a file that describes none: French, in EUR."""

_CHART = "none"
_POLICY = ("profiles", "mileage_scales")
_NOON = time(12)
_ALL_FIELDS = "`passerelle reports schema` lists all fields"
_ALL_FIELDS_HERE = "`passerelle rules check --example` shows the fields"


def _instant(written: Any) -> Any:
    if isinstance(written, str):
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            raise ValueError("expected an instant as 2026-01-31T09:00:00+01:00, or a day") from None
    if not isinstance(written, date):
        raise ValueError("expected an instant as 2026-01-31T09:00:00+01:00, or a day")
    return written


class TrialExpense(ExpenseInput):
    """An expense of the file: what an intake takes, and by whom and when it was declared."""

    id: Identity = ""
    employee: Identity = Field(description="code of an employee of the file")
    declared_at: Annotated[Any, BeforeValidator(_instant)] = Field(
        None, description="instant of the first declaration; default: the expense's day at noon"
    )
    approved: bool = Field(False, description="judged and fixed before all others, whatever its place")
    control_cover: Amount | None = Field(None, description="what an accountant lowered the cover to, entity's currency")


@dataclass(frozen=True)
class OnTrial:
    """One expense, ready to be judged."""

    given: TrialExpense
    declared: Declared


@dataclass(frozen=True)
class Trial:
    """The file: its company, and each employee's expenses in the order of the file."""

    company: Company
    expenses: Mapping[str, tuple[OnTrial, ...]]
    warnings: tuple[Finding, ...] = ()


def read_trial(text: str, file_name: str, further: Callable[[Company], Iterable[Fault]] = lambda _: ()) -> Trial:
    """The trial that ``text`` describes; ``ConfigurationFault`` carries every fault with its place.

    ``further`` looks for more faults in the company.
    """
    reader = _Reader()
    try:
        company, warnings = read(
            text, file_name, None, lambda company: [*reader.cross(company), *further(company)], reader.prepare
        )
    except ConfigurationFault as fault:
        raise ConfigurationFault(_concerned(fault.findings) or fault.findings) from None
    return Trial(company, reader.trial(), tuple(_concerned(warnings)))


def _concerned(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, and the warnings about the policy and the expenses; those about accounts are none of a trial."""
    others = Company.model_fields.keys() - _POLICY
    return [one for one in findings if one.severity == "error" or one.field.partition(".")[0] not in others]


def fill_in(raw: dict[str, Any]) -> None:
    """What a company must say and a policy does not ask: an entity, names, a chart without accounts."""
    entities = raw.setdefault("entities", {ENTITY: {"country": "FR", "currency": "EUR", "time_zone": "Europe/Paris"}})
    charts = raw.setdefault("charts", {})
    for code, entity in _tables(entities):
        entity.setdefault("name", code)
        if "chart" not in entity and isinstance(charts, dict):
            charts.setdefault(_CHART, {"accounts": {}})
            entity["chart"] = _CHART
    for table in ("expense_types", "profiles", "mileage_scales", "employees"):
        for code, one in _tables(raw.get(table)):
            one.setdefault("name", code)
            if table == "expense_types":
                one.setdefault("accounts", {})
            if table == "employees" and isinstance(entities, dict) and len(entities) == 1:
                one.setdefault("entity", next(iter(entities)))


def _tables(raw: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(raw, dict):
        yield from ((code, one) for code, one in raw.items() if isinstance(one, dict))


@dataclass
class _Directory:
    """The company of the file, with numbers for its objects."""

    company: Company
    ids: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        company = self.company
        codes = [("entity", code) for code in company.entities] + [("employee", code) for code in company.employees]
        codes += [("expense_type", code) for code in company.expense_types]
        self.ids.update({(kind, "", code): number for number, (kind, code) in enumerate(codes, start=1)})


class _Reader:
    """Takes the expenses out of the file, and holds them to the company once it is read."""

    def __init__(self) -> None:
        self.given: list[tuple[int, TrialExpense]] = []
        self.found: dict[str, list[OnTrial]] = {}

    def prepare(self, raw: dict[str, Any]) -> list[Fault]:
        """The expenses by their form."""
        expenses = raw.pop("expenses", [])
        fill_in(raw)
        if not isinstance(expenses, list):
            return [_fault(("expenses",), "PSR-1004", "A field does not have the form it must have.", "[[expenses]]")]
        faults: list[Fault] = []
        seen: set[str] = set()
        for position, one in enumerate(expenses):
            name = _name(position, one)
            try:
                given = TrialExpense.model_validate(_as_text(one) if isinstance(one, dict) else one)
            except ValidationError as fault:
                found = of_model(fault, name, TrialExpense.model_fields)
                faults.extend(Fault(_path(position, finding.field), _shown_here(finding)) for finding in found)
                continue
            given = given if given.id else given.model_copy(update={"id": f"#{position + 1}"})
            if given.id in seen:
                message = "An expense id stands twice in the file."
                faults.append(_fault(_path(position, "id"), "PSR-3041", message, "ids that differ", given.id, name))
            seen.add(given.id)
            self.given.append((position, given))
        return faults

    def cross(self, company: Company) -> list[Fault]:
        """The expenses against the company."""
        no_axes = {code: one.model_copy(update={"axes": ()}) for code, one in company.expense_types.items()}
        directory = _Directory(company.model_copy(update={"expense_types": no_axes}))
        views = {code: EntityView(directory, code) for code in company.entities}
        numbers = {given.id: number for number, (_, given) in enumerate(self.given, start=1)}
        faults: list[Fault] = []
        for number, (position, given) in enumerate(self.given, start=1):
            name = f"expense {given.id}"
            employee = company.employees.get(given.employee)
            view = views.get(employee.entity) if employee is not None else next(iter(views.values()), None)
            if view is None:
                continue
            findings = []
            if employee is None:
                findings.append(view.unknown("employee", "employee", given.employee, name))
            plain = given.model_copy(update={"split": ()})
            checked, found = check_expense(view, given.employee, plain, name)
            findings.extend(found)
            faults.extend(Fault(_path(position, finding.field), _shown_here(finding)) for finding in findings)
            if given.cancels is not None and given.cancels not in numbers:
                faults.append(_cancels_nothing(position, given, numbers))
            if given.control_cover is not None and (too_fine := _too_fine(position, given, view.entity.currency)):
                faults.append(too_fine)
            elif checked is not None and employee is not None:
                one = _on_trial(number, given, checked, view, numbers)
                self.found.setdefault(given.employee, []).append(one)
        return faults

    def trial(self) -> dict[str, tuple[OnTrial, ...]]:
        """What was read, by employee."""
        return {employee: tuple(found) for employee, found in self.found.items()}


def _on_trial(
    number: int, given: TrialExpense, checked: CheckedExpense, view: EntityView, numbers: Mapping[str, int]
) -> OnTrial:
    zone = ZoneInfo(view.entity.time_zone)
    instant = _declared_at(given, zone, number)
    lowered = given.control_cover
    declared = Declared(
        id=number,
        place=(instant_text(instant), checked.line_key),
        state="open",
        type=given.type,
        day=checked.day,
        declared_day=instant.astimezone(zone).date().isoformat(),
        country=checked.country,
        currency=checked.currency,
        gross=checked.gross,
        entity_gross=checked.entity_gross,
        own_money=checked.kind == "own",
        quantity=checked.quantity,
        guests=checked.guests,
        has_comment=bool(checked.comment.strip()),
        has_receipt=bool(checked.receipt.strip()),
        cancels=numbers.get(given.cancels) if given.cancels is not None else None,
        mileage=checked.mileage,
        computed=checked.computed,
        control_cover=None if lowered is None else money.minor(lowered, view.entity.currency),
        rate=checked.rate,
        comment=checked.comment,
    )
    return OnTrial(given, declared)


def _declared_at(given: TrialExpense, zone: ZoneInfo, number: int) -> datetime:
    """As stated; a day stands for its noon, where the order is the file's."""
    stated = given.declared_at
    if isinstance(stated, datetime):
        return stated if stated.tzinfo is not None else stated.replace(tzinfo=zone)
    day = stated if isinstance(stated, date) else given.date
    return datetime.combine(day, _NOON, zone) + timedelta(microseconds=number)


def _as_text(value: Any, key: str = "") -> Any:
    """Numbers and days as an intake states them: as text, but for whole numbers of guests and horsepower."""
    if isinstance(value, dict):
        return {name: _as_text(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_text(one, key) for one in value]
    if isinstance(value, bool) or key in ("guests", "power", "declared_at"):
        return value
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value.isoformat() if isinstance(value, date) else value


def _name(position: int, one: Any) -> str:
    stated = one.get("id") if isinstance(one, dict) else None
    return f"expense {stated}" if isinstance(stated, str) and stated else f"expense {position + 1}"


def _path(position: int, written: str) -> Path:
    path: list[str | int] = ["expenses", position]
    for part in written.replace("[", ".").replace("]", "").split("."):
        if part:
            path.append(int(part) if part.isdigit() else part)
    return tuple(path)


def _shown_here(finding: Finding) -> Finding:
    """A finding of the intake, with what helps in a file on trial."""
    remedy = finding.remedy.replace(" and send the line again", "").replace(_ALL_FIELDS, _ALL_FIELDS_HERE)
    return replace(finding, remedy=remedy)


def _too_fine(position: int, given: TrialExpense, currency: str) -> Fault | None:
    try:
        money.minor(given.control_cover or Decimal(0), currency)
    except ValueError:
        path: Path = ("expenses", position, "control_cover")
        expected = f"at most {money.exponent(currency)} decimals of {currency}"
        message = "The amount has more decimals than its currency."
        return _fault(path, "PSR-1107", message, expected, str(given.control_cover), f"expense {given.id}")
    return None


def _cancels_nothing(position: int, given: TrialExpense, numbers: Mapping[str, int]) -> Fault:
    assert given.cancels is not None
    path: Path = ("expenses", position, "cancels")
    return Fault(
        path,
        Finding(
            "PSR-3040",
            "A refund names an expense that the file does not hold.",
            object=f"expense {given.id}",
            field=field_name(path),
            value=given.cancels,
            expected=one_of(numbers, "expenses of the file"),
            remedy=hinted(given.cancels, numbers, "correct the id, or leave `cancels` out"),
            who="accountant",
        ),
    )


def _fault(path: Path, code: str, message: str, expected: str, value: str = "", object: str = "") -> Fault:
    finding = Finding(code, message, object, field_name(path), value, expected, "correct the file", "accountant")
    return Fault(path, finding)
