"""The company as configured: the values that ``company.toml`` describes and every other room reads.

Codes are text, even all digits. Cross references (an employee's entity, a type's account …) are checked by
``masterdata.consistency``; what one object can know of itself is checked here, in its constructor.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from passerelle.masterdata.mileage import MileageScale
from passerelle.masterdata.policy import Dated, Profile
from passerelle.masterdata.values import (
    Code,
    Country,
    Currency,
    Day,
    Described,
    Flag,
    HostKey,
    Iban,
    Name,
    Percent,
    SecretReference,
    Setting,
    Siren,
    TimeZone,
    first_of_year,
)
from passerelle.periods import FiscalYears

AccountRole = Literal[
    "expense", "vat", "employee", "employee_card", "advance", "imprest", "bank", "cash", "card", "reconciliation",
    "payroll_clearing", "rounding", "exchange",
]  # fmt: skip
JournalKind = Literal["expense_reports", "company_paid"]
EntryType = Literal["expense_report", "company_paid"]


class BankAccount(Described):
    """A bank account of an entity: its IBAN and the ledger account that mirrors it."""

    iban: Iban
    account: Code | None = None
    name: str = ""


class Journal(Described):
    """A journal of an entity and what it receives."""

    name: Name
    kind: JournalKind


class DefaultAccounts(Described):
    """Counterparts of an entity. None is ever guessed: an absent one is a finding on the document that needs it."""

    bank: Code | None = Field(None, description="counterpart of expenses paid by the company")
    card: Code | None = Field(None, description="counterpart of expenses paid by company card")
    reconciliation: Code | None = Field(None, description="counterpart of card expenses linked to a transaction")
    advance: Code | None = Field(
        None, description="one-off advances: company-paid amounts that the policy does not cover"
    )
    rounding: Code | None = None


class Entity(Described):
    """A legal entity: a company with its own currency, country, time zone, chart, bank accounts and journals."""

    name: Name
    country: Country = Field(description="ISO 3166 alpha-2; expenses of another country recover no VAT")
    currency: Currency = Field(description="ISO 4217; the currency of its ledger")
    time_zone: TimeZone
    chart: Code = Field(description="the chart of accounts it uses")
    siren: Siren | None = Field(None, description="French company number")
    fiscal_year_start: Annotated[str, AfterValidator(first_of_year)] = Field("01-01", description="MM-DD")
    closed_until: Day | None = Field(None, description="no posting date on or before this day")
    holiday_region: str | None = Field(None, description="subdivision of the country whose public holidays hold")
    approval_steps: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        ("approval",), description="who approves a report, one after the other"
    )
    bank_accounts: tuple[BankAccount, ...] = ()
    accounts: DefaultAccounts = DefaultAccounts()
    journals: dict[Code, Journal] = {}

    @cached_property
    def fiscal_years(self) -> FiscalYears:
        """The fiscal years that ``fiscal_year_start`` describes."""
        month, day = (int(part) for part in self.fiscal_year_start.split("-"))
        return FiscalYears(month, day)


class Account(Described):
    """An account of a chart. ``analytical`` accounts, and only they, carry the split of an expense."""

    name: Name
    role: AccountRole
    analytical: Flag = False


class Chart(Described):
    """A chart of accounts; one may serve several entities."""

    name: str = ""
    accounts: dict[Code, Account]


class Section(Dated):
    """One value of an axis. It is public, or only for the employees, departments and entities that are named."""

    name: Name
    parents: tuple[Code, ...] = Field((), description="sections of the parent axis that it belongs to")
    employees: tuple[Code, ...] = ()
    departments: tuple[Code, ...] = ()
    entities: tuple[Code, ...] = ()

    def is_for(self, employee: str, department: str | None, entity: str) -> bool:
        """Whether this employee may choose it."""
        if not (self.employees or self.departments or self.entities):
            return True
        return employee in self.employees or department in self.departments or entity in self.entities


class Axis(Described):
    """An analytical dimension and its sections (cost centre, project, client).

    With a ``parent`` axis, the section chosen must be a child of the one chosen there, where both are chosen.
    """

    name: Name
    parent: Code | None = None
    sections: dict[Code, Section] = {}


class VatRule(Described):
    """What becomes of VAT of one rate in one country for one expense type.

    ``recoverable`` % of it go to ``account``; the rest joins the expense line. ``code`` is the ERP's tax code.
    """

    rate: Percent
    country: Country
    account: Code | None = None
    recoverable: Percent = Decimal(100)
    code: str = ""


class ExpenseType(Described):
    """What was bought. ``accounts`` gives the expense account in each chart that uses the type."""

    name: Name
    kind: Literal["standard", "quantity", "guests", "mileage"] = "standard"
    accounts: dict[Code, Code] = Field(description="chart -> expense account")
    vat: tuple[VatRule, ...] = ()
    axes: tuple[Code, ...] = Field((), description="axes on which every expense of the type must be split")


class Leave(Described):
    """Days on which an employee is away; both belong to it."""

    first: Day
    last: Day

    @model_validator(mode="after")
    def _in_order(self) -> Leave:
        if self.last < self.first:
            raise ValueError("expected last on or after first")
        return self


class Employee(Described):
    """An employee. ``account`` is the third-party account in our ledger, one each.

    The ERP may know a ``collective`` account with an ``auxiliary`` code instead; formats choose what they write.
    """

    name: Name
    entity: Code
    account: Code | None = None
    collective: Code | None = None
    auxiliary: Code | None = None
    iban: Iban | None = None
    profile: Code | None = Field(None, description="expense policy; none: the generic profile")
    department: Code | None = None
    leave: tuple[Leave, ...] = ()


class Connection(Described):
    """A connector with its settings for one entity, laid over the shipped formats.

    ``accounts``, ``journals``, ``sections`` translate our codes to the ERP's; what is absent keeps its code.
    ``labels`` replaces the label template of a line kind; ``axes`` gives an axis its slot (Sage plan 1..11).
    ``settings`` holds what the formats declare.
    """

    connector: Code
    entity: Code
    accounts: dict[str, str] = {}
    journals: dict[str, str] = {}
    sections: dict[str, dict[str, str]] = {}
    axes: dict[str, Annotated[int, Field(strict=True)]] = {}
    labels: dict[str, str] = {}
    settings: dict[str, Setting] = {}


class FolderDestination(Described):
    """A folder of this machine or of a mounted share."""

    kind: Literal["folder"]
    path: Name
    replace: Flag = Field(False, description="write over a file of the same name")
    consumed: Flag = Field(False, description="the receiver takes files away, so names may come back")
    done_marker: Flag = Field(False, description="write NAME.done after the file")


class SftpDestination(Described):
    """A directory of an SFTP server. The server must present ``host_key``; password or key file, never both."""

    kind: Literal["sftp"]
    host: Name
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = 22
    user: Name
    host_key: HostKey = Field(description='as in known_hosts without the host: "ssh-ed25519 AAAA…"')
    path: str = "."
    password: SecretReference | None = None
    private_key: SecretReference | None = None
    replace: Flag = False
    consumed: Flag = False
    done_marker: Flag = False
    verify: Literal["hash", "size"] = Field("hash", description="hash reads the file back; size where it may not")
    timeout_seconds: Annotated[int, Field(ge=1, le=600, strict=True)] = 30


Destination = Annotated[FolderDestination | SftpDestination, Field(discriminator="kind")]


class ArtifactChoice(Described):
    """One file of an export: a format, rendered with a connection's settings.

    ``format`` names a shipped format, or a format file of the company (a path ending in ``.toml``).
    """

    connection: Code
    format: Name


class ExportDefinition(Described):
    """What leaves together, in which files, to which destinations."""

    entity: Code
    kind: Literal["accounting"] = "accounting"
    journals: tuple[Code, ...] = Field((), description="empty: all journals of the entity")
    artifacts: tuple[ArtifactChoice, ...] = Field(min_length=1)
    destinations: tuple[Code, ...] = ()
    on_change: Literal["delta", "refuse"] = "delta"
    posting_date: Literal["latest_expense", "approval", "control", "end_of_period"] = "latest_expense"
    closed_period: Literal["refuse", "next_open", "ask"] = "refuse"


class Company(Described):
    """The whole configuration of one installation: one group, one database."""

    version: Literal[1] = 1
    entities: dict[Code, Entity]
    charts: dict[Code, Chart]
    axes: dict[Code, Axis] = {}
    expense_types: dict[Code, ExpenseType] = {}
    mileage_scales: dict[Code, MileageScale] = {}
    profiles: dict[Code, Profile] = {}
    employees: dict[Code, Employee] = {}
    connections: dict[Code, Connection] = {}
    destinations: dict[Code, Destination] = {}
    exports: dict[Code, ExportDefinition] = {}

    def chart_of(self, entity: str) -> Mapping[str, Account]:
        """The accounts that an entity may post to."""
        return self.charts[self.entities[entity].chart].accounts
