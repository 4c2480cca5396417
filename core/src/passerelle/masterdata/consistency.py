"""Whether the objects of a company fit together: each reference leads somewhere, each account has a fitting role.

Every fault is found at once, by its key path, so that ``source`` can say where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from passerelle.masterdata.axis_consistency import axis_faults
from passerelle.masterdata.company import (
    Account,
    Company,
    Connection,
    Entity,
    ExpenseType,
    ExportDefinition,
    SftpDestination,
)
from passerelle.masterdata.faults import Fault, describe
from passerelle.masterdata.policy_consistency import policy_faults
from passerelle.masterdata.positions import Path
from passerelle.masterdata.references import References, fault_at, repeated, twice

_DEFAULT_ROLES: dict[str, tuple[str, ...]] = {
    "bank": ("bank", "cash"),
    "card": ("card", "bank"),
    "reconciliation": ("reconciliation",),
    "advance": ("advance",),
    "rounding": ("rounding",),
}


def inconsistencies(
    company: Company,
    left_out: Collection[Path] = (),
    formats: Mapping[str, Collection[str]] | None = None,
) -> list[Fault]:
    """Every fault between objects.

    ``left_out`` are objects that exist but could not be read whole: what points to them is not held against anyone.
    ``formats`` maps each installed connector to its formats; without it those names are not checked.
    """
    return list(_Check(company, frozenset(left_out), formats).faults())


class _Check(References):
    def __init__(
        self, company: Company, left_out: frozenset[Path], formats: Mapping[str, Collection[str]] | None
    ) -> None:
        super().__init__(company, left_out)
        self.formats = formats
        self.fitting: dict[tuple[str, tuple[str, ...]], Collection[str]] = {}

    def faults(self) -> Iterator[Fault]:
        for code, entity in self.company.entities.items():
            yield from self._entity(code, entity)
        for code, expense_type in self.company.expense_types.items():
            yield from self._expense_type(code, expense_type)
        yield from axis_faults(self)
        yield from policy_faults(self)
        yield from self._employees()
        for code, connection in self.company.connections.items():
            yield from self._connection(code, connection)
        for code, destination in self.company.destinations.items():
            path: Path = ("destinations", code)
            if isinstance(destination, SftpDestination) and path not in self.left_out:
                yield from self._credentials(path, destination)
        for code, export in self.company.exports.items():
            yield from self._export(code, export)

    def _entity(self, code: str, entity: Entity) -> Iterator[Fault]:
        path: Path = ("entities", code)
        yield from self.known((*path, "chart"), entity.chart, "charts", self.company.charts)
        for name, roles in _DEFAULT_ROLES.items():
            account = getattr(entity.accounts, name)
            yield from self._account((*path, "accounts", name), account, entity.chart, roles)
        message = "A step of approval stands twice; who approved could not be told."
        yield from repeated((*path, "approval_steps"), entity.approval_steps, message)
        seen: dict[str, str] = {}
        for position, bank in enumerate(entity.bank_accounts):
            here: Path = (*path, "bank_accounts", position)
            yield from self._account((*here, "account"), bank.account, entity.chart, ("bank",))
            if bank.iban in seen:
                yield twice((*here, "iban"), bank.iban, "The entity lists this bank account twice.")
            seen[bank.iban] = code
        kinds: dict[str, str] = {}
        for journal_code, journal in entity.journals.items():
            other = kinds.setdefault(journal.kind, journal_code)
            if other != journal_code:
                yield fault_at(
                    (*path, "journals", journal_code, "kind"),
                    "PSR-2024",
                    f'Journals "{other}" and "{journal_code}" are both of kind {journal.kind}.',
                    journal.kind,
                    "one journal of each kind in an entity: an entry must know its journal",
                    "remove one of the two, or change its kind",
                )

    def _expense_type(self, code: str, expense_type: ExpenseType) -> Iterator[Fault]:
        path: Path = ("expense_types", code)
        for chart, account in expense_type.accounts.items():
            here: Path = (*path, "accounts", chart)
            yield from self.known(here, chart, "charts", self.company.charts, on_key=True)
            yield from self._account(here, account, chart, ("expense",))
        for position, axis in enumerate(expense_type.axes):
            yield from self.known((*path, "axes", position), axis, "axes", self.company.axes)
        yield from repeated((*path, "axes"), expense_type.axes, "The type lists this axis twice.")
        rules: set[tuple[object, str]] = set()
        for position, rule in enumerate(expense_type.vat):
            here = (*path, "vat", position)
            if (rule.rate, rule.country) in rules:
                message = f"Two VAT rules for {rule.rate} % in {rule.country}; which one holds cannot be told."
                yield twice((*here, "rate"), str(rule.rate), message)
            rules.add((rule.rate, rule.country))
            charts = [
                entity.chart
                for entity in self.company.entities.values()
                if entity.country == rule.country and entity.chart in expense_type.accounts
            ]
            for chart in dict.fromkeys(charts):
                yield from self._account((*here, "account"), rule.account, chart, ("vat",))
            if rule.account is None and rule.rate and rule.recoverable and charts:
                yield fault_at(
                    here,
                    "PSR-2034",
                    f"VAT of {rule.rate} % is recoverable, but no account is named for it.",
                    "",
                    "account = the VAT account it is recovered on",
                    "add account, or recoverable = 0; until then such expenses cannot be posted",
                    severity="warning",
                )

    def _employees(self) -> Iterator[Fault]:
        holders: dict[tuple[str, str], str] = {}
        for code, employee in self.company.employees.items():
            path: Path = ("employees", code)
            yield from self.known((*path, "entity"), employee.entity, "entities", self.company.entities)
            entity = self.company.entities.get(employee.entity)
            if entity is not None:
                yield from self._account((*path, "collective"), employee.collective, entity.chart, ("employee",))
                chart = self.company.charts.get(entity.chart)
                if chart is not None and employee.account in chart.accounts:
                    yield from self._account((*path, "account"), employee.account, entity.chart, ("employee",))
            if employee.account is None:
                continue
            other = holders.setdefault((employee.entity, employee.account), code)
            if other != code:
                yield fault_at(
                    (*path, "account"),
                    "PSR-2023",
                    f'Employees "{other}" and "{code}" have the same third-party account.',
                    employee.account,
                    "a third-party account of one's own; a shared ERP account is the collective",
                    "give each their own account, and name the shared one as collective with an auxiliary code",
                )

    def _connection(self, code: str, connection: Connection) -> Iterator[Fault]:
        path: Path = ("connections", code)
        if self.formats is not None and connection.connector not in self.formats:
            yield self.unknown(
                (*path, "connector"), connection.connector, "an installed connector", self.formats, "PSR-2029"
            )
        yield from self.known((*path, "entity"), connection.entity, "entities", self.company.entities)
        for axis in (*connection.axes, *connection.sections):
            where = "axes" if axis in connection.axes else "sections"
            yield from self.known((*path, where, axis), axis, "axes", self.company.axes, on_key=True)
        for axis, sections in connection.sections.items():
            known = self.company.axes.get(axis)
            if known is None:
                continue
            for section in sections:
                if section not in known.sections and ("axes", axis, "sections", section) not in self.left_out:
                    here: Path = (*path, "sections", axis, section)
                    yield self.unknown(here, section, f'a section of axis "{axis}"', known.sections, on_key=True)
        slots: dict[int, str] = {}
        for axis, slot in connection.axes.items():
            other = slots.setdefault(slot, axis)
            if slot < 1 or other != axis:
                yield fault_at(
                    (*path, "axes", axis),
                    "PSR-2026",
                    f'Axes "{other}" and "{axis}" have the same slot.' if other != axis else "A slot counts from 1.",
                    str(slot),
                    "a whole number from 1, another one for each axis",
                    "give each axis the slot it has in the ERP",
                )
        entity = self.company.entities.get(connection.entity)
        if entity is not None:
            yield from self._translations(path, connection, entity)

    def _translations(self, path: Path, connection: Connection, entity: Entity) -> Iterator[Fault]:
        for journal in connection.journals:
            if journal not in entity.journals and self.whole("entities", connection.entity, "journals", journal):
                here: Path = (*path, "journals", journal)
                expected = f'a journal of entity "{connection.entity}"'
                yield self.unknown(here, journal, expected, entity.journals, on_key=True)
        chart = self.company.charts.get(entity.chart)
        if chart is None or not connection.accounts:
            return
        third_parties = {e.account for e in self.company.employees.values() if e.account is not None}
        for account in connection.accounts:
            if account in chart.accounts or account in third_parties:
                continue
            if self.whole("charts", entity.chart, "accounts", account):
                here = (*path, "accounts", account)
                expected = f'an account of chart "{entity.chart}" or of an employee'
                yield self.unknown(here, account, expected, chart.accounts, "PSR-2021", on_key=True)

    def _credentials(self, path: Path, destination: SftpDestination) -> Iterator[Fault]:
        if (destination.password is None) == (destination.private_key is None):
            both = destination.password is not None
            yield fault_at(
                (*path, "private_key") if both else path,
                "PSR-2027",
                f"D{describe(path)[1:]} has {'both a password and' if both else 'neither a password nor'} "
                "a private key.",
                "",
                "either password or private_key, as env:NAME or file:PATH",
                "remove one of them" if both else "add one of them",
            )

    def _export(self, code: str, export: ExportDefinition) -> Iterator[Fault]:
        path: Path = ("exports", code)
        yield from self.known((*path, "entity"), export.entity, "entities", self.company.entities)
        entity = self.company.entities.get(export.entity)
        for position, journal in enumerate(export.journals):
            if entity is None or journal in entity.journals:
                continue
            if self.whole("entities", export.entity, "journals", journal):
                expected = f'a journal of entity "{export.entity}"'
                yield self.unknown((*path, "journals", position), journal, expected, entity.journals)
        chosen: set[tuple[str, str]] = set()
        for position, choice in enumerate(export.artifacts):
            here: Path = (*path, "artifacts", position)
            yield from self._artifact(here, export, choice.connection, choice.format)
            if (choice.connection, choice.format) in chosen:
                yield twice((*here, "format"), choice.format, "The export makes this file twice.")
            chosen.add((choice.connection, choice.format))
        for position, destination in enumerate(export.destinations):
            here = (*path, "destinations", position)
            yield from self.known(here, destination, "destinations", self.company.destinations)
            if destination in export.destinations[:position]:
                yield twice(here, destination, "The export lists this destination twice.")

    def _artifact(self, path: Path, export: ExportDefinition, code: str, format_name: str) -> Iterator[Fault]:
        yield from self.known((*path, "connection"), code, "connections", self.company.connections)
        connection = self.company.connections.get(code)
        if connection is None:
            return
        if connection.entity != export.entity:
            yield fault_at(
                (*path, "connection"),
                "PSR-2025",
                f'Connection "{code}" belongs to entity "{connection.entity}", the export to "{export.entity}".',
                code,
                f'a connection of entity "{export.entity}"',
                "name a connection of the export's own entity",
            )
        shipped = (self.formats or {}).get(connection.connector)
        if shipped is not None and not format_name.endswith(".toml") and format_name not in shipped:
            expected = f'a format of connector "{connection.connector}", or a file ending in .toml'
            yield self.unknown((*path, "format"), format_name, expected, shipped, "PSR-2028")

    def _account(self, path: Path, code: str | None, chart_code: str, roles: tuple[str, ...]) -> Iterator[Fault]:
        chart = self.company.charts.get(chart_code)
        if code is None or chart is None or not self.whole("charts", chart_code, "accounts", code):
            return
        account = chart.accounts.get(code)
        wanted = " or ".join(roles)
        if account is None:
            fitting = self._fitting(chart_code, roles)
            expected = f'an account of chart "{chart_code}" with role {wanted}'
            yield self.unknown(path, code, expected, fitting, "PSR-2021")
        elif account.role not in roles:
            yield _role(path, code, account, chart_code, wanted)

    def _fitting(self, chart: str, roles: tuple[str, ...]) -> Collection[str]:
        if (chart, roles) not in self.fitting:
            accounts = self.company.charts[chart].accounts
            self.fitting[chart, roles] = [code for code, account in accounts.items() if account.role in roles]
        return self.fitting[chart, roles]


def _role(path: Path, code: str, account: Account, chart: str, wanted: str) -> Fault:
    message = f'Account "{code}" of chart "{chart}" has role {account.role}.'
    remedy = f"name another account, or give {code} the role {wanted}"
    return fault_at(path, "PSR-2022", message, code, f"an account with role {wanted}", remedy)
