"""``rules list``: the policy as a person reads it, by profile or for one employee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from passerelle.errors import UsageFault
from passerelle.masterdata.company import Company
from passerelle.masterdata.policy import GENERIC, PluginRule
from passerelle.plugins import Plugins, discover
from passerelle.rules.descriptions import describe
from passerelle.rules.inheritance import type_policy, weekends_worked
from passerelle.services.configuration import current
from passerelle.services.lookups import unknown
from passerelle.store.database import Database

Standing = Literal["ticked", "inherited", "not ticked"]


class Listed(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True)


class RuleListed(Listed):
    """One rule as a sentence, with its place in the policy and the days of the expenses that it concerns."""

    path: str
    kind: str
    sentence: str
    inherited: bool
    offered_by: str | None = None  # a plugin's rule: the distribution; empty when no plugin offers it


class TypeListed(Listed):
    """What a profile says of one expense type."""

    type: str
    name: str
    standing: Standing
    controls: tuple[RuleListed, ...]


class ProfileListed(Listed):
    """A profile after inheritance."""

    profile: str
    name: str
    employees: int
    weekends_worked: bool
    types: tuple[TypeListed, ...]
    rules: tuple[RuleListed, ...]


class EmployeeListed(Listed):
    """Whose policy it is, and why."""

    employee: str
    name: str
    entity: str
    profile: str
    why: str
    leave: tuple[str, ...]


class PolicyListed(Listed):
    """The policy. Without a profile everything is allowed and covered whole."""

    employee: EmployeeListed | None
    profiles: tuple[ProfileListed, ...]


def list_rules(
    database: Database, profile: str | None = None, employee: str | None = None, type_code: str | None = None
) -> PolicyListed:
    """The profiles, or the one named, or the one of an employee; only what concerns ``type_code`` when it is given."""
    company = current(database)
    profiles = {GENERIC: "", **company.profiles} if company.profiles else {}
    asked: tuple[tuple[str, str | None, Mapping[str, object]], ...] = (
        ("profile", profile, profiles),
        ("employee", employee, company.employees),
        ("type", type_code, company.expense_types),
    )
    faults = [unknown(kind, code, known) for kind, code, known in asked if code is not None and code not in known]
    if faults:
        raise UsageFault(faults)
    plugins = discover()
    person = _person(company, employee) if employee is not None else None
    if person is not None:
        wanted = [person.profile] if company.profiles else []
    else:
        wanted = [profile] if profile is not None else list(company.profiles)
    found = tuple(_profile(company, plugins, code, type_code) for code in wanted)
    return PolicyListed(employee=person, profiles=found)


def _person(company: Company, code: str) -> EmployeeListed:
    one = company.employees[code]
    if not company.profiles:
        why = "the company has no profile: everything is allowed and covered whole"
    elif one.profile is None or one.profile == GENERIC:
        why = "the employee has no profile of their own: the generic one alone holds"
    else:
        why = f"the employee has the profile {one.profile}, which inherits the generic one"
    leave = tuple(f"{days.first} to {days.last}" for days in one.leave)
    return EmployeeListed(
        employee=code, name=one.name, entity=one.entity, profile=one.profile or GENERIC, why=why, leave=leave
    )


def _profile(company: Company, plugins: Plugins, code: str, only: str | None) -> ProfileListed:
    held = company.profiles.get(code)
    types = [one for one in company.expense_types if only in (None, one)]
    chain = list(dict.fromkeys((code, GENERIC)))
    rules = [
        _rule(company, plugins, one, name, one != code)
        for one in chain
        if one in company.profiles
        for name, rule in company.profiles[one].rules.items()
        if only is None or not rule.types or only in rule.types
    ]
    return ProfileListed(
        profile=code,
        name=held.name if held is not None else "",
        employees=sum((one.profile or GENERIC) == code for one in company.employees.values()),
        weekends_worked=weekends_worked(company, code),
        types=tuple(_type(company, code, one) for one in types),
        rules=tuple(rules),
    )


def _type(company: Company, profile: str, type_code: str) -> TypeListed:
    found = type_policy(company, profile, type_code)
    standing: Standing = "not ticked"
    controls: tuple[RuleListed, ...] = ()
    if found.allowed:
        standing = "ticked" if found.path.startswith(f"profiles.{profile}.") else "inherited"
        controls = tuple(
            RuleListed(path=path, kind=kind, sentence=sentence, inherited=standing == "inherited")
            for path, kind, sentence in describe(found.controls, found.path)
        )
    name = company.expense_types[type_code].name
    return TypeListed(type=type_code, name=name, standing=standing, controls=controls)


def _rule(company: Company, plugins: Plugins, profile: str, name: str, inherited: bool) -> RuleListed:
    rule = company.profiles[profile].rules[name]
    ((path, kind, sentence),) = describe(rule, f"profiles.{profile}.rules.{name}")
    offered = plugins.rule_distributions.get(rule.rule, "") if isinstance(rule, PluginRule) else None
    return RuleListed(path=path, kind=kind, sentence=sentence, inherited=inherited, offered_by=offered)
