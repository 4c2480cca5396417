"""The configuration as who judges needs it: the directory with its policies compiled, read again once it changed."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from passerelle.masterdata.company import Company, Leave
from passerelle.masterdata.policy import PluginRule
from passerelle.plugins import discover
from passerelle.reports.known import EntityView
from passerelle.rules.contract import PolicyRule
from passerelle.rules.judging import Policy
from passerelle.store import masterdata
from passerelle.store.database import Connection
from passerelle.store.masterdata import Directory


class Desk:
    """Kept from one judgement to the next: nothing is read or compiled twice while the configuration stays."""

    def __init__(self) -> None:
        self._edition = -1
        self._directory: Directory | None = None
        self._policies: dict[tuple[str, str | None], Policy] = {}
        self._views: dict[str, EntityView] = {}
        self._rules: Mapping[str, PolicyRule] | None = None

    def open(self, connection: Connection) -> Directory:
        """The configuration, which nobody changes until the transaction ends. Ask before any employee is locked."""
        return self._at(connection, masterdata.hold(connection))

    def look(self, connection: Connection) -> None:
        """Reads it ahead of time, in any transaction."""
        self._at(connection, masterdata.edition(connection))

    @property
    def is_open(self) -> bool:
        """Whether it was read at all."""
        return self._directory is not None

    def _at(self, connection: Connection, edition: int) -> Directory:
        if self._directory is None or edition != self._edition:
            self._directory = masterdata.load(connection)
            self._edition = edition
            self._policies.clear()
            self._views.clear()
            self._rules = None
        return self._directory

    @property
    def directory(self) -> Directory:
        """What ``open`` found last."""
        assert self._directory is not None, "open the desk in the transaction first"
        return self._directory

    def view(self, entity: str) -> EntityView:
        """What the expenses of an entity may name."""
        view = self._views.get(entity)
        if view is None:
            view = self._views[entity] = EntityView(self.directory, entity)
        return view

    def zone(self, entity: str) -> ZoneInfo:
        """An entity's time zone."""
        return ZoneInfo(self.directory.company.entities[entity].time_zone)

    def policy_of(self, entity: str, employee_id: int) -> tuple[Policy, tuple[Leave, ...]]:
        """What holds for an employee's expenses in an entity (he may have left it since), and when he was on leave."""
        employee = self.directory.employee(employee_id)
        company = self.directory.company
        profile = employee.profile if employee.profile in company.profiles else None
        policy = self._policies.get((entity, profile))
        if policy is None:
            policy = self._policies[entity, profile] = Policy(company, entity, profile, self._plugin_rules(company))
        return policy, employee.leave

    def _plugin_rules(self, company: Company) -> Mapping[str, PolicyRule]:
        if self._rules is None:
            wanted = any(
                isinstance(rule, PluginRule) for one in company.profiles.values() for rule in one.rules.values()
            )
            self._rules = discover().rules if wanted else {}
        return self._rules
