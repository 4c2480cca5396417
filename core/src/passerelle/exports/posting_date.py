"""The posting date of a document: chosen by the definition, moved or refused where the period is closed."""

from __future__ import annotations

from datetime import date, timedelta

from passerelle.errors import Finding
from passerelle.masterdata.company import Entity, ExportDefinition
from passerelle.periods import last_day


def posting_day(
    definition: ExportDefinition,
    entity: Entity,
    latest_expense: date,
    approval: date,
    control: date,
    report: str,
) -> tuple[date, Finding | None]:
    """The day, and the finding that keeps the document out when its period is closed (PSR-6001).

    ``next_open`` moves it to the first open day; ``ask`` is ``refuse`` for a run that nobody attends.
    """
    chosen = {
        "latest_expense": latest_expense,
        "approval": approval,
        "control": control,
        "end_of_period": last_day(latest_expense.year, latest_expense.month),
    }[definition.posting_date]
    if entity.closed_until is None or chosen > entity.closed_until:
        return chosen, None
    if definition.closed_period == "next_open":
        return entity.closed_until + timedelta(days=1), None
    return chosen, Finding(
        "PSR-6001",
        f"The posting date {chosen} lies in a closed period.",
        object=f"report {report}",
        field="posting date",
        value=str(chosen),
        expected=f"a day after {entity.closed_until}",
        remedy='open the period, or set closed_period = "next_open" in the export definition',
        who="accountant",
    )
