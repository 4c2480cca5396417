"""Account determination: which accounts an expense touches in one entity, compiled once and looked up per line.

Nothing is guessed: what the configuration does not say is a finding on the document that needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from passerelle.errors import Finding
from passerelle.masterdata.company import Company, Employee, Entity, ExpenseType


@dataclass(frozen=True, slots=True)
class VatPosting:
    """What becomes of VAT of one rate: ``recoverable`` % go to ``account``, under the ERP's tax code."""

    account: str
    recoverable: Decimal
    code: str


@dataclass(frozen=True, slots=True)
class TypePosting:
    """Where an expense type is booked; ``vat`` by rate, for expenses made in the entity's own country.

    ``written`` remembers rules by the rate as an expense writes it ("20", "20.0").
    """

    code: str
    account: str
    analytical: bool
    vat: dict[Decimal, VatPosting] = field(default_factory=dict)
    written: dict[str, VatPosting | None] = field(default_factory=dict)

    def rule(self, rate: str) -> VatPosting | None:
        """What becomes of VAT of this rate."""
        if rate not in self.written:
            self.written[rate] = self.vat.get(Decimal(rate))
        return self.written[rate]


class Determination:
    """The accounts of one entity. Look-ups return a value or a ``Finding``, and are remembered."""

    def __init__(
        self,
        company: Company,
        entity_code: str,
        former_employees: Mapping[str, Employee] | None = None,
        former_types: Mapping[str, ExpenseType] | None = None,
    ) -> None:
        """``former_…``: what was deactivated, as it last was; reports received before are still booked with it."""
        self.employees = {**(former_employees or {}), **company.employees}
        self.types = {**(former_types or {}), **company.expense_types}
        self.entity_code = entity_code
        self.entity: Entity = company.entities[entity_code]
        self.chart = company.chart_of(entity_code)
        self._types: dict[str, TypePosting | Finding] = {}
        self._employees: dict[str, str | Finding] = {}

    def is_analytical(self, account: str) -> bool:
        """Whether lines of this account carry the split of their expense."""
        known = self.chart.get(account)
        return known is not None and known.analytical

    def journal(self, kind: str) -> str | Finding:
        """The journal for ``expense_reports`` or ``company_paid``."""
        for code, journal in self.entity.journals.items():
            if journal.kind == kind:
                return code
        return Finding(
            "PSR-4001",
            f"Entity {self.entity_code} has no journal for {kind.replace('_', ' ')}.",
            object=f"entity {self.entity_code}",
            field=f"entities.{self.entity_code}.journals",
            expected=f'a journal with kind = "{kind}"',
            remedy="add the journal to company.toml, then: passerelle config apply company.toml",
            who="admin",
        )

    def employee_account(self, code: str) -> str | Finding:
        """The third-party account of an employee."""
        if code not in self._employees:
            employee = self.employees.get(code)
            self._employees[code] = (
                employee.account
                if employee is not None and employee.account
                else Finding(
                    "PSR-4002",
                    f"Employee {code} has no third-party account.",
                    object=f"employee {code}",
                    field=f"employees.{code}.account",
                    expected="the account that shows what is owed to this employee",
                    remedy="set it in company.toml, then: passerelle config apply company.toml",
                    who="accountant",
                )
            )
        return self._employees[code]

    def type_posting(self, code: str) -> TypePosting | Finding:
        """The expense account and VAT treatment of a type."""
        if code not in self._types:
            kind = self.types.get(code)
            self._types[code] = self._compile_type(code, kind)
        return self._types[code]

    def counterpart(self, payer: str, linked: bool) -> tuple[str, Finding | None]:
        """The account that a company-paid expense is credited to, or why there is none."""
        name = "bank" if payer == "company" else "reconciliation" if linked else "card"
        account: str | None = getattr(self.entity.accounts, name)
        if account is None:
            return "", Finding(
                "PSR-4003",
                f"Entity {self.entity_code} has no {name} account for expenses it paid itself.",
                object=f"entity {self.entity_code}",
                field=f"entities.{self.entity_code}.accounts.{name}",
                expected=f"an account of its chart with the role {name}",
                remedy="set it in company.toml, then: passerelle config apply company.toml",
                who="accountant",
            )
        return self._in_chart(account, f"entities.{self.entity_code}.accounts.{name}")

    def advance(self) -> tuple[str, Finding | None]:
        """The account of one-off advances, which takes what the policy leaves uncovered, or why there is none."""
        account = self.entity.accounts.advance
        where = f"entities.{self.entity_code}.accounts.advance"
        if account is None:
            return "", Finding(
                "PSR-4011",
                f"Entity {self.entity_code} has no advance account for what the policy leaves uncovered.",
                object=f"entity {self.entity_code}",
                field=where,
                expected="an account of its chart with the role advance",
                remedy="set it in company.toml, then: passerelle config apply company.toml",
                who="accountant",
            )
        return self._in_chart(account, where)

    def _in_chart(self, account: str, where: str) -> tuple[str, Finding | None]:
        if account in self.chart:
            return account, None
        return "", Finding(
            "PSR-4004",
            f"Account {account} is not in the chart of entity {self.entity_code}.",
            object=f"chart {self.entity.chart}",
            field=where,
            value=account,
            expected=f"one of the {len(self.chart):,} accounts of chart {self.entity.chart}",
            remedy="add the account to the chart or choose another, then: passerelle config apply company.toml",
            who="accountant",
        )

    def _compile_type(self, code: str, kind: ExpenseType | None) -> TypePosting | Finding:
        account = kind.accounts.get(self.entity.chart) if kind is not None else None
        if kind is None or account is None:
            return Finding(
                "PSR-4005",
                f"Expense type {code} has no expense account in chart {self.entity.chart}.",
                object=f"expense type {code}",
                field=f"expense_types.{code}.accounts.{self.entity.chart}",
                expected="an expense account",
                remedy="set it in company.toml, then: passerelle config apply company.toml",
                who="accountant",
            )
        _, fault = self._in_chart(account, f"expense_types.{code}.accounts.{self.entity.chart}")
        if fault is not None:
            return fault
        vat = {}
        for rule in kind.vat:
            in_this_chart = rule.account is None or rule.account in self.chart
            if rule.country == self.entity.country and in_this_chart:
                vat[rule.rate] = VatPosting(rule.account or "", rule.recoverable, rule.code)
        return TypePosting(code, account, self.chart[account].analytical, vat)
