"""Whether the rules of plugins that a policy names are there, and take the settings that it gives them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from passerelle.errors import Finding
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault, describe, expected_of, key_path, said
from passerelle.masterdata.policy import PluginRule
from passerelle.masterdata.positions import Path
from passerelle.plugins import Plugins
from passerelle.reports.faults import hinted, one_of
from passerelle.rules.contract import PolicyRule


def plugin_rule_faults(company: Company, plugins: Plugins) -> Iterator[Fault]:
    """A rule that no plugin offers is a warning, since the plugin may be installed later; until then each expense it
    concerns is an alert. Settings that an installed rule does not take are faults."""
    for profile, held in company.profiles.items():
        for name, rule in held.rules.items():
            if not isinstance(rule, PluginRule):
                continue
            path: Path = ("profiles", profile, "rules", name)
            offered = plugins.rules.get(rule.rule)
            if offered is None:
                yield _not_offered((*path, "rule"), rule.rule, plugins)
            else:
                yield from _settings((*path, "settings"), rule, offered)


def _not_offered(path: Path, rule: str, plugins: Plugins) -> Fault:
    finding = Finding(
        "PSR-3042",
        f"No installed plugin offers the rule {rule}.",
        object=describe(path),
        field=key_path(path),
        value=said(rule),
        expected=one_of(plugins.rules, "rules of installed plugins"),
        remedy=hinted(
            rule, plugins.rules, "install the plugin; until then every expense that the rule concerns is an alert"
        ),
        who="admin",
        severity="warning",
    )
    return Fault(path, finding)


def _settings(path: Path, rule: PluginRule, offered: PolicyRule) -> Iterator[Fault]:
    known: list[str] = []
    wrong: list[tuple[tuple[int | str, ...], str]]
    if offered.settings is None:
        wrong = [((name,), "no setting: the rule has none") for name in rule.settings]
    else:
        known = list(offered.settings.model_fields)
        try:
            offered.settings.model_validate(dict(rule.settings))
            return
        except ValidationError as fault:
            errors = fault.errors(include_url=False)
            wrong = [
                (error["loc"], one_of(known) if error["type"] == "extra_forbidden" else expected_of(dict(error)))
                for error in errors
            ]
    for where, expected in wrong:
        here: Path = (*path, *where)
        name = str(where[0]) if where else ""
        others = [one for one in known if one not in rule.settings]
        finding = Finding(
            "PSR-3043",
            f"The rule {rule.rule} does not take this setting.",
            object=describe(here),
            field=key_path(here),
            value=said(rule.settings.get(name)),
            expected=expected,
            remedy=hinted(name, others, f"correct {key_path(here)}"),
            who="admin",
        )
        yield Fault(here, finding)
