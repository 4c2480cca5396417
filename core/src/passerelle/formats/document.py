"""What a format renders: a run, its documents, their lines. The contract between ``exports`` and ``formats``.

Everything here is already *projected*: codes are the ERP's (mapped), net lines merged, amounts truncated where the
format says so. Rows are plain tuples in the column order below, since millions of them pass; days are ISO text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

VariableKind = Literal["text", "code", "day", "amount", "integer"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that a format may use: where it stands (run, document, line or section) and what it is."""

    name: str
    level: Literal["run", "document", "line", "section"]
    kind: VariableKind
    meaning: str


RUN_COLUMNS = (
    Variable("entity", "run", "code", "code of the legal entity"),
    Variable("entity_name", "run", "text", "name of the legal entity"),
    Variable("siren", "run", "code", "its SIREN, when it has one"),
    Variable("entity_currency", "run", "code", "ISO 4217 code of the ledger's currency"),
    Variable("definition", "run", "code", "code of the export definition"),
    Variable("sequence", "run", "integer", "export sequence number of the entity"),
    Variable("run_day", "run", "day", "day of the freeze, in the entity's time zone"),
)
DOCUMENT_COLUMNS = (
    Variable("piece", "document", "integer", "piece number, in journal and fiscal year"),
    Variable("journal", "document", "code", "journal, as the ERP calls it"),
    Variable("posting_day", "document", "day", "posting date; decides period and fiscal year"),
    Variable("entry_day", "document", "day", "date of the operation"),
    Variable("fiscal_year", "document", "code", "fiscal year of the posting date"),
    Variable("entry_type", "document", "code", "expense_report or company_paid"),
    Variable("report", "document", "code", "number of the expense report"),
    Variable("title", "document", "text", "title of the expense report"),
    Variable("employee", "document", "code", "code of the employee"),
    Variable("employee_name", "document", "text", "name of the employee"),
    Variable("rank", "document", "integer", "0 for a whole document, n for its n-th delta"),
)
LINE_COLUMNS = (
    Variable("number", "line", "integer", "position of the line in its document, from 1"),
    Variable("kind", "line", "code", "line kind: expense, vat, employee, company"),
    Variable("account", "line", "code", "account; for an employee the third-party account of our ledger"),
    Variable("general", "line", "code", "general account: the collective account of a third party, else the account"),
    Variable("auxiliary", "line", "code", "auxiliary code of a third party, else empty"),
    Variable("amount", "line", "amount", "amount in the entity's currency: positive debit, negative credit"),
    Variable("tax_code", "line", "code", "tax code"),
    Variable("vat_rate", "line", "code", "VAT rate in percent, as written in the configuration"),
    Variable("base", "line", "amount", "taxed net amount; 0 when the line has none"),
    Variable("day", "line", "day", "date of the expense; of the document on a counterpart line"),
    Variable("type", "line", "code", "expense type"),
    Variable("type_name", "line", "text", "name of the expense type"),
    Variable("comment", "line", "text", "the employee's comment"),
    Variable("currency", "line", "code", "original currency; empty when the entity's own"),
    Variable("original", "line", "amount", "amount in the original currency; 0 when the entity's own"),
    Variable("rate", "line", "code", "entity currency per unit of the original; empty when its own"),
)
SECTION_COLUMNS = (
    Variable("axis", "section", "code", "analytical axis"),
    Variable("slot", "section", "integer", "the axis' position in the ERP, from the connection's `axes`"),
    Variable("section", "section", "code", "section, as the ERP calls it"),
    Variable("section_amount", "section", "amount", "part of the line's amount on this section, with its sign"),
)
VARIABLES: dict[str, Variable] = {
    variable.name: variable for variable in (*RUN_COLUMNS, *DOCUMENT_COLUMNS, *LINE_COLUMNS, *SECTION_COLUMNS)
}

RunRow: TypeAlias = tuple[str | int, ...]
DocumentRow: TypeAlias = tuple[str | int, ...]
SectionRow: TypeAlias = tuple[str, int, str, int]
LineRow: TypeAlias = tuple[str | int | tuple[SectionRow, ...], ...]  # LINE_COLUMNS, then the sections


class Document(NamedTuple):
    """One piece as the ERP sees it. Each line is a tuple of ``LINE_COLUMNS`` plus, last, a tuple of section rows."""

    values: DocumentRow
    lines: list[LineRow]
