"""The company as configured: the values that ``company.toml`` describes and every other room reads.

Codes are text, even all digits. Cross references (an employee's entity, a type's account …) are checked by
``masterdata.consistency``; what one object can know of itself is checked here, in its constructor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException
from stdnum.fr import siren as french_siren

from passerelle.masterdata.countries import COUNTRIES
from passerelle.money import CURRENCIES
from passerelle.periods import FiscalYears

AccountRole = Literal[
    "expense", "vat", "employee", "employee_card", "advance", "imprest", "bank", "cash", "card", "reconciliation",
    "payroll_clearing", "rounding", "exchange",
]  # fmt: skip
JournalKind = Literal["expense_reports", "company_paid"]
EntryType = Literal["expense_report", "company_paid"]


def _trusted(info: ValidationInfo) -> bool:
    """Whether the value comes from the store, hence passed the slow checks before."""
    return bool(info.context and info.context.get("trusted"))


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("expected a currency code of ISO 4217, as EUR")
    return code


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("expected a country code of ISO 3166, as FR")
    return code


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("expected a time zone of the IANA database, as Europe/Paris")
    return name


def _siren(number: str, info: ValidationInfo) -> str:
    if _trusted(info):
        return number
    if not french_siren.is_valid(number):
        raise ValueError("expected a SIREN: nine digits whose last is the check digit")
    return french_siren.compact(number)


def _iban(number: str, info: ValidationInfo) -> str:
    if _trusted(info):
        return number
    try:
        return IBAN(number).compact
    except SchwiftyException as fault:
        raise ValueError(f"expected an IBAN with right check digits ({fault})") from None


def _secret_reference(written: str) -> str:
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(.*\S)?", written):
        raise ValueError("expected a reference to a secret, env:NAME or file:PATH, never the secret itself")
    return written


def _fiscal_year_start(written: str) -> str:
    try:
        month, day = (int(part) for part in written.split("-"))
        FiscalYears(month, day)
    except ValueError:
        raise ValueError("expected the first day of the fiscal year as MM-DD, for instance 01-01") from None
    return written


def _day(value: Any) -> Any:
    if isinstance(value, bool | int | Decimal | datetime):
        raise ValueError("expected a day, as 2026-01-31")
    return value


def _percent(value: Any) -> Any:
    """Plain digits: ``2e1`` would be written so into files."""
    if isinstance(value, bool):
        raise ValueError("expected a percentage, as 20 or 5.5")
    return Decimal(f"{value:f}") if isinstance(value, Decimal) and value.is_finite() else value


def _plain(value: Any) -> Any:
    """A setting as JSON keeps it, so that it comes back from the store as it was written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str | bool | int):
        return value
    raise ValueError("expected text, whole numbers, true or false; put days and decimals between quotes")


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
# C0, DEL, C1, and the marks that turn the direction of writing: what is shown would not be what is there
CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
Name = Annotated[str, StringConstraints(max_length=200, pattern=rf"^[^{CONTROLS}]+$")]
Flag = Annotated[bool, Field(strict=True)]
Day = Annotated[date, BeforeValidator(_day)]
HostKey = Annotated[str, StringConstraints(min_length=1, max_length=4000)]  # an RSA key is long
Currency = Annotated[str, AfterValidator(_currency)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Iban = Annotated[str, AfterValidator(_iban)]
SecretReference = Annotated[str, AfterValidator(_secret_reference)]
Percent = Annotated[Decimal, Field(ge=0, le=100), BeforeValidator(_percent)]


class Described(BaseModel):
    """A frozen piece of configuration; an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    rounding: Code | None = None


class Entity(Described):
    """A legal entity: a company with its own currency, country, time zone, chart, bank accounts and journals."""

    name: Name
    country: Country = Field(description="ISO 3166 alpha-2; expenses of another country recover no VAT")
    currency: Currency = Field(description="ISO 4217; the currency of its ledger")
    time_zone: TimeZone
    chart: Code = Field(description="the chart of accounts it uses")
    siren: Annotated[str, AfterValidator(_siren)] | None = Field(None, description="French company number")
    fiscal_year_start: Annotated[str, AfterValidator(_fiscal_year_start)] = Field("01-01", description="MM-DD")
    closed_until: Day | None = Field(None, description="no posting date on or before this day")
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


class Section(Described):
    """One value of an axis."""

    name: Name


class Axis(Described):
    """An analytical dimension and its sections (cost centre, project, client)."""

    name: Name
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
    settings: dict[str, Annotated[Any, AfterValidator(_plain)]] = {}


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
    employees: dict[Code, Employee] = {}
    connections: dict[Code, Connection] = {}
    destinations: dict[Code, Destination] = {}
    exports: dict[Code, ExportDefinition] = {}

    def chart_of(self, entity: str) -> Mapping[str, Account]:
        """The accounts that an entity may post to."""
        return self.charts[self.entities[entity].chart].accounts
