"""The posting date of a document: chosen by the definition, moved or refused where the period is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from passerelle.errors import Finding
from passerelle.masterdata.company import Entity, ExportDefinition
from passerelle.periods import last_day


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What a person chose for one run, over the definition: journals, a given posting date, what closed periods do."""

    journals: tuple[str, ...] = ()
    given_day: date | None = None
    closed_period: Literal["refuse", "next_open"] | None = None


ALL = RunChoices()
"""Everything as the definition says."""


def posting_day(
    definition: ExportDefinition,
    choices: RunChoices,
    entity: Entity,
    latest_expense: date,
    approval: date,
    control: date,
    report: str,
) -> tuple[date, Finding | None]:
    """The day, and the finding that keeps the document out when its period is closed (PSR-6001).

    A day given for the run goes before the definition's choice. ``next_open`` moves it to the first open day; ``ask``
    is ``refuse`` here, since whoever asks a person hands the answer over as a choice.
    """
    chosen = {
        "latest_expense": latest_expense,
        "approval": approval,
        "control": control,
        "end_of_period": last_day(latest_expense.year, latest_expense.month),
    }[definition.posting_date]
    chosen = choices.given_day or chosen
    if entity.closed_until is None or chosen > entity.closed_until:
        return chosen, None
    if (choices.closed_period or definition.closed_period) == "next_open":
        return entity.closed_until + timedelta(days=1), None
    return chosen, Finding(
        "PSR-6001",
        f"The posting date {chosen} lies in a closed period.",
        object=f"report {report}",
        field="posting date",
        value=str(chosen),
        expected=f"a day after {entity.closed_until}",
        remedy="add --closed-period next_open to this run, or open the period: entities.*.closed_until",
        who="accountant",
    )
