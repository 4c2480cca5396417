"""The company's configuration: checked, compared with what is there, applied as shown, written back out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from passerelle.errors import ConfigurationFault, Finding, Refused
from passerelle.masterdata.company import Company
from passerelle.masterdata.consequences import consequences, forbidden
from passerelle.masterdata.difference import ObjectChange, compare, plan_of
from passerelle.masterdata.positions import Source
from passerelle.masterdata.source import read
from passerelle.masterdata.toml_text import toml_text
from passerelle.periods import Clock, instant_text
from passerelle.plan import Plan
from passerelle.plugins import discover
from passerelle.reports.outcome import Judged
from passerelle.services.connected_formats import format_faults
from passerelle.services.desk import Desk
from passerelle.services.judging import judge_due, judge_within
from passerelle.services.plugin_rules import plugin_rule_faults
from passerelle.store import judging
from passerelle.store import masterdata as store
from passerelle.store.database import Connection, Database
from passerelle.store.usage import usage


@dataclass(frozen=True)
class Applied:
    """The plan, whether it was written, and what is doubtful in the configuration though it can be applied.

    ``judged_otherwise``: open expenses of which the policy says something else now (or, where nothing was written,
    would say), with what ``verdicts`` tell.
    """

    plan: Plan
    written: bool
    warnings: tuple[Finding, ...] = ()
    judged_otherwise: int = 0
    verdicts: tuple[Finding, ...] = ()


class PlanChanged(Refused):
    """What is there is no longer what the plan was shown for; ``plan`` is the present one."""

    def __init__(self, plan: Plan, expected: str) -> None:
        self.plan = plan
        super().__init__(
            Finding(
                code="PSR-2041",
                message="The configuration or the file changed since that plan was shown.",
                object="plan",
                field="--expect",
                value=expected,
                expected=plan.expect,
                remedy="read the new difference; if it is what you want, apply with the new --expect",
                who="admin",
            )
        )


def read_text(path: Path) -> str:
    """The text of a configuration file; a ``ConfigurationFault`` when it is not there or not UTF-8."""
    problem = ""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as fault:
        line = path.read_bytes()[: fault.start].count(b"\n") + 1
        problem = f"line {line} is not UTF-8"
    except OSError as fault:
        problem = fault.strerror or type(fault).__name__
    raise ConfigurationFault(
        Finding(
            code="PSR-2009",
            message=f"{path} cannot be read: {problem}.",
            object=str(path),
            expected="a readable TOML file in UTF-8",
            remedy="give the path of company.toml, saved as UTF-8; `passerelle init` writes a first one",
            who="admin",
        )
    )


def check(text: str, file_name: str) -> tuple[Company, tuple[Finding, ...]]:
    """The company and its warnings; ``ConfigurationFault`` carries every fault.

    Looks at the text, the installed connectors, and the format files that it names; not at the database.
    """
    plugins = discover()
    formats = {name: frozenset(connector.formats) for name, connector in plugins.connectors.items()}
    return read(
        text,
        file_name,
        formats,
        lambda company: [*format_faults(company, plugins), *plugin_rule_faults(company, plugins)],
    )


def apply(
    database: Database,
    clock: Clock,
    text: str,
    file_name: str,
    *,
    dry_run: bool = False,
    expect: str = "",
) -> Applied:
    """Makes the configuration be what ``text`` says, whole or not at all.

    With ``expect`` it does so only if the plan is the one that was shown under that hash, else ``PlanChanged``.
    Applying the same text again changes nothing. Open expenses are judged again where the policy changed for them.
    """
    wanted, warnings = check(text, file_name)
    if dry_run:
        with database.reading() as connection:
            plan, changes, _ = _plan(connection, wanted, text, file_name, expect)
        judged = _rehearsed(database, clock, wanted) if any(map(_bears_on_judgements, changes)) else Judged()
        return Applied(plan, False, warnings, judged.changed + judged.expenses, judged.findings)
    with database.transaction() as connection:
        store.lock(connection)
        plan, changes, directory = _plan(connection, wanted, text, file_name, expect)
        store.apply(connection, changes, instant_text(clock()))
        _queue(connection, changes, directory)
    judged = judge_due(database)
    return Applied(plan, True, warnings, judged.changed + judged.expenses, judged.findings)


def export(database: Database) -> str:
    """The configuration as TOML that applies back without a change; secrets are references."""
    return as_text(current(database))


def as_text(company: Company) -> str:
    """A company as the text of a ``company.toml``."""
    return toml_text(company)


def current(database: Database) -> Company:
    """The company as configured now; refused when nothing was applied yet."""
    with database.reading() as connection:
        company = store.load(connection).company
    if not company.entities:
        raise Refused(
            Finding(
                code="PSR-2042",
                message="No configuration has been applied to this database yet.",
                object="configuration",
                expected="at least one legal entity",
                remedy="passerelle init, then passerelle config apply company.toml",
                who="admin",
            )
        )
    return company


def schema() -> dict[str, Any]:
    """The JSON Schema of ``company.toml``, for editors."""
    written = json.dumps(Company.model_json_schema())
    described = json.loads(written, parse_float=lambda limit: int(Decimal(limit)))  # limits: 100, not 100.0
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "company.toml"}


def _plan(
    connection: Connection, wanted: Company, text: str, file_name: str, expect: str
) -> tuple[Plan, list[ObjectChange], store.Directory]:
    directory = store.load(connection)
    changes, unchanged = compare(directory.company, wanted, directory.dormant())
    used = usage(connection, directory.ids, changes)
    plan = plan_of(changes, unchanged, consequences(changes, used))
    refused = forbidden(changes, used)
    if refused:
        source = Source(text, file_name)
        raise Refused(replace(fault.finding, place=source.at(fault.path)) for fault in refused)
    if expect and expect != plan.expect:
        raise PlanChanged(plan, expect)
    return plan, changes, directory


class _TakenBack(Exception):
    """Ends the transaction of a rehearsal."""


def _rehearsed(database: Database, clock: Clock, wanted: Company) -> Judged:
    """What the policy would say of open expenses: it is applied, judged with, and taken back."""
    judged = Judged()
    try:
        with database.transaction() as connection:
            store.lock(connection)
            directory = store.load(connection)
            changes, _ = compare(directory.company, wanted, directory.dormant())
            store.apply(connection, changes, instant_text(clock()))
            _queue(connection, changes, directory)
            known = {
                number for key, number in directory.ids.items() if key[0] == "entity" and key[2] in wanted.entities
            }
            waiting = [one for one in judging.queued(connection) if one[0] in known]
            judged = judge_within(connection, Desk(), waiting)
            raise _TakenBack
    except _TakenBack:
        return judged


# the fields of an object that bear on judgements; every change of a profile or a mileage scale does
_JUDGED_BY = {
    "entity": ("country", "currency", "time_zone", "holiday_region", "approval_steps"),
    "expense_type": ("kind",),
    "employee": ("entity", "profile", "leave"),
}


def _queue(connection: Connection, changes: Sequence[ObjectChange], directory: store.Directory) -> None:
    """Whoever has open expenses that these changes concern is judged again."""
    touched = [change.key for change in changes if _bears_on_judgements(change)]
    if any(key.kind in ("profile", "mileage_scale", "expense_type") for key in touched):
        judging.queue_open(connection)
        return
    ids = {kind: {directory.ids[key] for key in touched if key.kind == kind} for kind in ("entity", "employee")}
    if ids["entity"]:
        judging.queue_open(connection, entity_ids=ids["entity"])
    if ids["employee"]:
        judging.queue_open(connection, employee_ids=ids["employee"])


def _bears_on_judgements(change: ObjectChange) -> bool:
    before, after = change.before or change.dormant, change.after
    if change.key.kind in ("profile", "mileage_scale"):
        return True
    if before is None or change.key.kind not in _JUDGED_BY:
        return False  # nothing was declared on what is new
    fields = _JUDGED_BY[change.key.kind]
    return after is None or change.before is None or any(before[name] != after[name] for name in fields)
