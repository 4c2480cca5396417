"""What the policy says of an expense, as findings: refused, borne by the employee, capped, or worth a look."""

from __future__ import annotations

import shlex

from passerelle import money
from passerelle.errors import Finding
from passerelle.reports.intake import OWN_SOURCE
from passerelle.rules.declared import Judgement
from passerelle.rules.sentences import sentence
from passerelle.store.judging import JudgedRow


def findings_of(entity: str, row: JudgedRow, judgement: Judgement, capped: bool, alerted: bool) -> list[Finding]:
    """The findings on one expense of an entity, each with the sentences of the verdicts that it comes from."""
    name = f"report {row.report_number}, expense {row.line_key}"
    typed = f"{shlex.quote(f'{row.report_number}/{row.line_key}')} --entity {entity}"
    declared = money.display(judgement.gross, row.currency)
    if judgement.blocked:
        said = _said(judgement, "block")
        if not row.own_money:
            return [_uncovered(name, typed, declared, said)]
        return [_refused(name, typed, declared, said, row.source == OWN_SOURCE)]
    found = []
    if capped:
        value = f"{money.display(judgement.covered, row.currency)} of {declared}"
        found.append(_capped(name, typed, value, _said(judgement, "cap")))
    if alerted:
        found.append(_alert(name, typed, declared, _said(judgement, "alert")))
    return found


def _said(judgement: Judgement, outcome: str) -> str:
    return " ".join(sentence(verdict) for verdict in judgement.verdicts if verdict.outcome == outcome)


def _refused(name: str, typed: str, value: str, said: str, declared_here: bool) -> Finding:
    return Finding(
        "PSR-3020",
        "The policy refuses the expense. It is not reimbursed; its report goes on without it.",
        object=name,
        value=value,
        expected=said,
        remedy=f"passerelle reports withdraw {typed}, then passerelle reports declare, with what is right"
        if declared_here
        else f"passerelle rules explain {typed}; send it corrected from its source, in a higher revision of its report",
        who="employee",
    )


def _uncovered(name: str, typed: str, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3021",
        "The policy refuses the expense, which the company paid. It is an advance to the employee.",
        object=name,
        value=value,
        expected=said,
        remedy=f"passerelle rules explain {typed}; the employee owes the whole amount back",
        who="employee",
        severity="warning",
    )


def _capped(name: str, typed: str, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3022",
        "The policy covers a part of the expense.",
        object=name,
        field="covered",
        value=value,
        expected=said,
        remedy=f"passerelle rules explain {typed}",
        who="employee",
        severity="warning",
    )


def _alert(name: str, typed: str, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3023",
        "The policy asks to look at the expense.",
        object=name,
        value=value,
        expected=said,
        remedy=f"compare it with its receipt:  passerelle rules explain {typed}",
        who="accountant",
        severity="warning",
    )
