"""What the policy says of an expense, as findings: refused, borne by the employee, capped, or worth a look."""

from __future__ import annotations

from passerelle import money
from passerelle.errors import Finding
from passerelle.rules.declared import Judgement
from passerelle.rules.sentences import sentence
from passerelle.store.judging import JudgedRow


def findings_of(row: JudgedRow, judgement: Judgement, capped: bool, alerted: bool) -> list[Finding]:
    """The findings on one expense, each with the sentences of the verdicts that it comes from."""
    name = f"report {row.report_number}, expense {row.line_key}"
    declared = money.display(judgement.gross, row.currency)
    if judgement.blocked:
        return [(_refused if row.own_money else _uncovered)(name, row, declared, _said(judgement, "block"))]
    found = []
    if capped:
        value = f"{money.display(judgement.covered, row.currency)} of {declared}"
        found.append(_capped(name, row, value, _said(judgement, "cap")))
    if alerted:
        found.append(_alert(name, row, declared, _said(judgement, "alert")))
    return found


def _said(judgement: Judgement, outcome: str) -> str:
    return " ".join(sentence(verdict) for verdict in judgement.verdicts if verdict.outcome == outcome)


def _refused(name: str, row: JudgedRow, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3020",
        "The policy refuses the expense. It is not reimbursed; its report goes on without it.",
        object=name,
        value=value,
        expected=said,
        remedy=f"passerelle rules explain {row.report_number}/{row.line_key}; declare it again once it is corrected",
        who="employee",
    )


def _uncovered(name: str, row: JudgedRow, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3021",
        "The policy refuses the expense, which the company paid. It is an advance to the employee.",
        object=name,
        value=value,
        expected=said,
        remedy=f"passerelle rules explain {row.report_number}/{row.line_key}; the employee owes the whole amount back",
        who="employee",
        severity="warning",
    )


def _capped(name: str, row: JudgedRow, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3022",
        "The policy covers a part of the expense.",
        object=name,
        field="covered",
        value=value,
        expected=said,
        remedy=f"passerelle rules explain {row.report_number}/{row.line_key}",
        who="employee",
        severity="warning",
    )


def _alert(name: str, row: JudgedRow, value: str, said: str) -> Finding:
    return Finding(
        "PSR-3023",
        "The policy asks to look at the expense.",
        object=name,
        value=value,
        expected=said,
        remedy=f"compare it with its receipt:  passerelle rules explain {row.report_number}/{row.line_key}",
        who="accountant",
        severity="warning",
    )
