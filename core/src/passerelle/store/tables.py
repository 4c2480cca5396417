"""Every table. Amounts are integers in minor units; instants are ISO 8601 text in UTC: text order is time order;
days are ISO text. ``entity_id`` leads every unique key of business rows. Rows of ``line``, ``entry_revision`` and
``export_line`` are never updated.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

# 64 bits everywhere; SQLite calls them INTEGER, and only so does a key number itself
_BIG: Any = BigInteger().with_variant(Integer(), "sqlite")


class MasterObject(SQLModel, table=True):
    """One object of the configuration (an entity, an account of a chart, an employee …), as canonical JSON.

    What disappears from the configuration is deactivated, never deleted: reports and lines may point to it.
    """

    __tablename__ = "master_object"
    __table_args__ = (UniqueConstraint("kind", "scope", "code"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    kind: str
    scope: str = ""
    code: str
    body: str
    active: bool = True
    changed_at: str


class Report(SQLModel, table=True):
    """An expense report. Approval, control, posting and exports are independent facts."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("entity_id", "source", "source_id", "kind"),
        UniqueConstraint("entity_id", "number"),
        Index(
            "report_of_group",
            "entity_id",
            "source",
            "group_key",
            sqlite_where=text("group_key <> ''"),
            postgresql_where=text("group_key <> ''"),
        ),
        Index("report_to_post", "entity_id", "id", sqlite_where=text("post_due"), postgresql_where=text("post_due")),
        Index("report_of_employee", "entity_id", "employee_id"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entity_id: int = Field(sa_type=_BIG)
    employee_id: int = Field(sa_type=_BIG)
    source: str  # the system or mapping the report came from
    source_id: str
    kind: str  # own | company
    revision: int
    additive: bool  # grouped by a mapping: lines join, none is withdrawn
    group_key: str = ""  # additive: mapping, employee and period
    content_hash: str
    number: str  # what a person and the ERP read: unique in its entity
    title: str
    declared_at: str
    submitted_at: str | None = None  # none: a draft
    approval: str  # created | partially_approved | approved | refused | cancelled
    approval_steps: int = 0  # how many of the entity's steps approved it
    approved_at: str | None = None
    ended_at: str | None = None  # refused or cancelled
    controlled_at: str | None = None
    awaits_control: bool = False  # changed after control: the ledger keeps its last revision until controlled again
    post_due: bool = False  # approved content that the ledger does not hold yet
    posted_revision: int | None = None
    findings: str = "[]"  # why it could not be posted, as JSON


class Expense(SQLModel, table=True):
    """One line an employee declared. ``vat`` is JSON [[rate, net, vat], …] in original minor units."""

    __tablename__ = "expense"
    __table_args__ = (
        UniqueConstraint("entity_id", "source", "line_key"),
        Index("expense_of_report", "report_id"),
        Index("expense_of_day", "entity_id", "day", "gross"),  # finds possible duplicates
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entity_id: int = Field(sa_type=_BIG)
    report_id: int = Field(sa_type=_BIG)
    source: str
    line_key: str
    type_id: int = Field(sa_type=_BIG)
    day: str
    country: str
    currency: str
    gross: int = Field(sa_type=_BIG)  # in the original currency's minor unit
    entity_gross: int = Field(sa_type=_BIG)  # in the entity currency's minor unit
    rate: str  # entity currency per unit of the original; "1" when equal
    payer: str  # employee | company_card | company
    card_transaction: str = ""
    vat: str = "[]"
    quantity: str = ""
    guests: int = 0
    comment: str = ""
    receipt: str = ""
    cancels: str = ""  # line key of the expense a refund names
    split: str = "[]"  # JSON [[percent, {axis: section}], …]
    derived: str = ""  # what the intake derived rather than read: "id,date"
    mileage: str = ""  # JSON {distance, unit, power, vehicle_class, vehicle}
    computed: bool = False  # no amount was stated: the policy filled it in
    withdrawn: bool = False
    declared_at: str  # the first declaration: its place in the order of the policy, which a revision keeps
    verdicts: str | None = None  # JSON of rules.declared.Verdict tuples; none: not judged yet
    blocked: bool = False
    covered: int = Field(sa_type=_BIG)  # what is reimbursed or borne by the company, policy and control included …
    entity_covered: int = Field(sa_type=_BIG)  # … and in the entity's currency
    controlled_at: str | None = None  # by itself; the report's control holds for all of its expenses
    control_cover: int | None = Field(default=None, sa_type=_BIG)  # lowered by an accountant, in the entity's currency
    control_reason: str = ""
    granted: int | None = Field(default=None, sa_type=_BIG)  # before a fixed cover was lowered: never more


class JudgingDue(SQLModel, table=True):
    """An employee whose expenses changed since the policy judged them. The row's lock is the employee's turn."""

    __tablename__ = "judging_due"
    entity_id: int = Field(primary_key=True, sa_type=_BIG)
    employee_id: int = Field(primary_key=True, sa_type=_BIG)


class ReportEvent(SQLModel, table=True):
    """Who did what to a report and when. Never changed."""

    __tablename__ = "report_event"
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    report_id: int = Field(index=True, sa_type=_BIG)
    at: str
    actor: str
    act: str  # "declare", "withdraw", "replace" (by a higher revision of its source) or an act of reports.lifecycle
    revision: int
    detail: str = ""  # the step, the expense, the covered amount
    reason: str = ""


class Entry(SQLModel, table=True):
    """A journal entry's identity: one per posted document."""

    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("entity_id", "origin", "origin_id"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entity_id: int = Field(sa_type=_BIG)
    journal: str
    entry_type: str
    origin: str  # "report"
    origin_id: int = Field(sa_type=_BIG)


class EntryRevision(SQLModel, table=True):
    """One immutable version of an entry. Without lines it is empty: refused, cancelled or nothing to post."""

    __tablename__ = "entry_revision"
    entry_id: int = Field(primary_key=True, sa_type=_BIG)
    revision: int = Field(primary_key=True)
    recorded_at: str
    day: str  # the operation's date
    latest_day: str  # of its expenses
    line_count: int


class Line(SQLModel, table=True):
    """One side of an entry: ``amount`` is positive for a debit, negative for a credit, never zero."""

    __tablename__ = "line"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="line_has_an_amount"),
        Index("line_of_entry", "entry_id"),
        Index("line_of_expense", "expense_id"),
        Index(
            "line_of_employee",
            "employee_id",
            sqlite_where=text("employee_id IS NOT NULL"),
            postgresql_where=text("employee_id IS NOT NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entry_id: int = Field(sa_type=_BIG)
    revision: int
    kind: str
    account: str
    employee_id: int | None = Field(default=None, sa_type=_BIG)  # on a third-party line
    expense_id: int | None = Field(default=None, sa_type=_BIG)
    amount: int = Field(sa_type=_BIG)
    tax_code: str = ""
    vat_rate: str = ""
    base: int | None = Field(default=None, sa_type=_BIG)  # the taxed net, on VAT and expense lines of a taxed part
    currency: str = ""  # original currency, amount and rate as a memo; empty when the entity's own
    original: int | None = Field(default=None, sa_type=_BIG)
    rate: str = ""
    sections: str = ""  # JSON [[{axis: section}, amount], …]


class Counter(SQLModel, table=True):
    """A number series. Its row is locked while numbers are given, so that no number is skipped or given twice.

    The edition of the configuration is one too, of entity 0: it counts its changes.
    """

    __tablename__ = "counter"
    entity_id: int = Field(primary_key=True, sa_type=_BIG)
    name: str = Field(primary_key=True)
    last: int = Field(default=0, sa_type=_BIG)


class Export(SQLModel, table=True):
    """A frozen set of documents with one or more artifacts. ``snapshot`` holds formats and settings as they were."""

    __tablename__ = "export"
    __table_args__ = (UniqueConstraint("entity_id", "kind", "sequence"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entity_id: int = Field(sa_type=_BIG)
    definition: str
    kind: str
    sequence: int | None = Field(default=None, sa_type=_BIG)  # given at freeze
    state: str  # draft | frozen | proven | voided
    created_at: str
    frozen_at: str | None = None
    voided_at: str | None = None
    void_reason: str = ""
    snapshot: str
    documents: int = 0
    lines: int = 0
    debit: int = Field(default=0, sa_type=_BIG)


class Piece(SQLModel, table=True):
    """A piece number: (entry, rank) in a journal and fiscal year. Never reused for another piece."""

    __tablename__ = "piece"
    __table_args__ = (
        UniqueConstraint("entity_id", "journal", "fiscal_year", "number"),
        UniqueConstraint("entry_id", "rank", "journal", "fiscal_year"),
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    entity_id: int = Field(sa_type=_BIG)
    entry_id: int = Field(sa_type=_BIG)
    rank: int
    journal: str
    fiscal_year: str
    number: int = Field(sa_type=_BIG)
    state: str  # used | voided | cancelled
    reason: str = ""


class ExportDocument(SQLModel, table=True):
    """One entry as it left in one export, whole (rank 0) or as a delta over its ``base_revision``."""

    __tablename__ = "export_document"
    __table_args__ = (UniqueConstraint("export_id", "entry_id"), Index("export_document_of_entry", "entry_id"))
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    export_id: int = Field(sa_type=_BIG)
    entry_id: int = Field(sa_type=_BIG)
    revision: int
    base_revision: int  # 0: nothing had left before
    rank: int
    piece_number: int = Field(default=0, sa_type=_BIG)
    journal: str
    entry_type: str
    entry_day: str
    posting_day: str
    fiscal_year: str
    report_number: str
    report_title: str
    employee: str
    employee_name: str
    state: str  # draft | live | voided | rejected | unknown


class ExportLine(SQLModel, table=True):
    """A frozen row of an export document: what formats render and law 2 sums."""

    __tablename__ = "export_line"
    export_id: int = Field(primary_key=True, sa_type=_BIG)
    document_id: int = Field(primary_key=True, sa_type=_BIG)
    rank: int = Field(primary_key=True)
    kind: str
    account: str  # of our ledger
    general: str  # what a collective ledger knows: the collective of a third party, else the account itself
    auxiliary: str
    amount: int = Field(sa_type=_BIG)
    tax_code: str
    vat_rate: str
    base: int | None = Field(sa_type=_BIG)
    day: str
    type_code: str
    type_name: str
    comment: str
    currency: str
    original: int | None = Field(sa_type=_BIG)
    rate: str
    sections: str
    expense_id: int | None = Field(sa_type=_BIG)


class Artifact(SQLModel, table=True):
    """The exact bytes of one file of an export, kept by SHA-256."""

    __tablename__ = "artifact"
    __table_args__ = (UniqueConstraint("export_id", "position"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    export_id: int = Field(sa_type=_BIG)
    position: int
    format: str
    connection: str
    file_name: str
    sha256: str
    size: int = Field(sa_type=_BIG)
    proof: str  # JSON: what the read-back counted
    created_at: str


class Delivery(SQLModel, table=True):
    """One artifact to one destination. Its state is written before (intent) and after (outcome) every outside act."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("artifact_id", "destination"),)
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    artifact_id: int = Field(sa_type=_BIG)
    destination: str
    file_name: str
    state: str  # pending | sending | uploaded_verified | delivered | failed | conflict | cancelled
    changed_at: str
    note: str = ""


class DeliveryAttempt(SQLModel, table=True):
    """One try of a delivery; a missing outcome means that the process ended in the middle."""

    __tablename__ = "delivery_attempt"
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    delivery_id: int = Field(index=True, sa_type=_BIG)
    started_at: str
    ended_at: str | None = None
    outcome: str = ""
    code: str = ""
    message: str = ""


class Download(SQLModel, table=True):
    """An artifact's bytes taken by hand; it counts as left."""

    __tablename__ = "download"
    id: int | None = Field(default=None, primary_key=True, sa_type=_BIG)
    artifact_id: int = Field(index=True, sa_type=_BIG)
    downloaded_at: str
    taken_to: str
