"""What every rule of a plugin must do, as a class to inherit, beside ``passerelle.testing.conformance``:

    from passerelle.testing.rule_conformance import RuleConformance

    class TestRules(RuleConformance):
        '''Every installed rule; with ``rules = ("mine",)`` only those named.'''

A rule is asked, by itself and through the policy that holds it, about expenses of many kinds and their refunds.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import FrozenInstanceError, dataclass, fields
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, ClassVar

from passerelle.connector import RULE_API, Declared, Opinion, PolicyRule
from passerelle.masterdata.company import Company
from passerelle.plugins import GROUP, discover
from passerelle.rules.declared import Judgement
from passerelle.rules.judging import Policy
from passerelle.testing.conformance import forbidden_imports, shown, sources

if TYPE_CHECKING:
    import pytest  # the product does not need it

_COMMENTS = ("", "Dinner with wine", "Book for J. Doe", "Déjeuner client", "日本 ✈", "x" * 2000)
_AMOUNTS = (0, 1, 4_999, 7_300, 12_345_678)
_RATES = {"EUR": (1, 1), "JPY": (3, 500)}  # of one minor unit, in the entity's EUR


@dataclass(frozen=True)
class InstalledRule:
    """A rule and the entry point that offers it."""

    rule: PolicyRule
    point: EntryPoint

    def __str__(self) -> str:
        return self.rule.name


def installed_rules(names: Iterable[str] = ()) -> list[InstalledRule]:
    """Every usable rule with its entry point; only those of ``names`` when there are any."""
    wanted = set(names)
    found = [
        InstalledRule(rule, point)
        for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)
        for rule in discover([point]).rules.values()
    ]
    return [each for each in found if not wanted or each.rule.name in wanted]


class RuleConformance:
    """The suite. Inherit it in a class whose name starts with ``Test``."""

    rules: tuple[str, ...] = ()
    """Names of the rules to test; every installed one when there are none."""
    settings: ClassVar[dict[str, dict[str, Any]]] = {}
    """Settings to test a rule with; else the first of the ``examples`` of each that has no default."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per rule."""
        if "plugin" in metafunc.fixturenames:
            metafunc.parametrize("plugin", installed_rules(self.rules), ids=str)

    def test_plugins_are_whole(self) -> None:
        """No installed plugin is broken, and all rules that are to be tested are there."""
        broken = discover().broken
        assert not broken, "\n" + shown(broken)
        missing = set(self.rules) - {str(each) for each in installed_rules()}
        assert not missing, f"not installed, or without an entry point in the group passerelle: {sorted(missing)}"

    def test_value_is_well_formed(self, plugin: InstalledRule) -> None:
        """Name and contract version are what they should be, and nothing of it can be set anew."""
        rule = plugin.rule
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", rule.name), f"{rule.name!r}: small letters, digits and hyphens"
        assert rule.api == RULE_API
        for field in fields(rule):
            try:
                setattr(rule, field.name, getattr(rule, field.name))
            except (FrozenInstanceError, TypeError):
                continue
            raise AssertionError(f"{field.name} can be set: a rule is a frozen value")

    def test_settings_are_strict(self, plugin: InstalledRule) -> None:
        """Settings are frozen, refuse unknown keys, and a key without default shows an example."""
        model = plugin.rule.settings
        if model is None:
            return
        assert model.model_config.get("frozen") is True, 'model_config = ConfigDict(frozen=True, extra="forbid")'
        assert model.model_config.get("extra") == "forbid", 'model_config = ConfigDict(frozen=True, extra="forbid")'
        model.model_validate(self._settings(plugin.rule))

    def test_package_does_no_io(self, plugin: InstalledRule) -> None:
        """The package imports nothing that opens a socket, a database or a process, and of core its door alone."""
        faults = [fault for path in sources(plugin) for fault in forbidden_imports(path)]
        assert not faults, "\n".join(faults)

    def test_opinions_are_repeatable(self, plugin: InstalledRule) -> None:
        """The same question gives the same opinion, whatever was asked between, and changes nothing it is given."""
        rule, settings = plugin.rule, self._settings(plugin.rule)
        questions = list(_questions())
        kept = copy.deepcopy(settings)
        first = [rule.judge(settings, expense, counted) for expense, counted in questions]
        again = [rule.judge(settings, expense, counted) for expense, counted in reversed(questions)]
        assert first == again[::-1], "the same question has two answers: a rule is pure"
        assert settings == kept, "the rule changes the settings that it is given"

    def test_opinions_are_within_bounds(self, plugin: InstalledRule) -> None:
        """An opinion has a known outcome and a sentence; a cap, and it alone, a cover from 0 to the expense."""
        settings = self._settings(plugin.rule)
        for expense, counted in _questions():
            opinion = plugin.rule.judge(settings, expense, counted)
            if opinion is None:
                continue
            assert isinstance(opinion, Opinion), f"{opinion!r} is no Opinion"
            assert opinion.outcome in ("alert", "cap", "block"), f"{opinion.outcome!r} is no outcome"
            assert opinion.sentence.strip(), "an opinion tells a person why"
            if opinion.outcome == "cap":
                assert type(opinion.cover) is int, f"a cap states its cover, in whole minor units: {opinion}"
                assert 0 <= opinion.cover <= expense.entity_gross, f"{opinion} of {expense.entity_gross}"
            else:
                assert opinion.cover is None, f"only a cap has a cover: {opinion}"

    def test_refunds_are_never_refused(self, plugin: InstalledRule) -> None:
        """In a policy, refunds come back, also those of what the rule refused, and the rule does not fail over them."""
        policy = Policy(_company(plugin.rule, self._settings(plugin.rule)), "FR", None, {str(plugin): plugin.rule})
        expenses = list(_with_refunds())
        by_id = {expense.id: expense for expense in expenses}
        for judgement in policy.judge(expenses):
            _check(judgement, by_id[judgement.id])

    def _settings(self, rule: PolicyRule) -> dict[str, Any]:
        if rule.name in self.settings or rule.settings is None:
            return dict(self.settings.get(rule.name, {}))
        values: dict[str, Any] = {}
        for name, field in rule.settings.model_fields.items():
            if field.is_required():
                assert field.examples, f"the setting {name} has neither default nor examples: Field(examples=[…])"
                values[field.alias or name] = field.examples[0]
        return values


def _check(judgement: Judgement, expense: Declared) -> None:
    failed = [verdict.note for verdict in judgement.verdicts if verdict.note.startswith("the rule could not be judged")]
    assert not failed, failed[0]
    if expense.is_refund:
        assert not judgement.blocked, "a refund was refused"
        assert expense.gross <= judgement.covered <= 0, f"{judgement.covered} of a refund of {expense.gross}"
    else:
        assert 0 <= judgement.covered <= expense.gross, f"{judgement.covered} of {expense.gross}"


def _expenses() -> Iterator[Declared]:
    """Expenses of every amount, comment, currency, payer and number of guests, on days of two years."""
    kinds = itertools.product(_AMOUNTS, _COMMENTS, _RATES, (True, False))
    for number, (gross, comment, currency, own_money) in enumerate(kinds, start=1):
        numerator, denominator = _RATES[currency]
        day = f"{2025 + number % 2}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        yield Declared(
            id=number,
            place=(f"2026-12-31T00:00:00.{number:06d}+00:00", f"X{number}"),
            state="open",
            type="TYPE",
            day=day,
            declared_day="2026-12-31",
            country=("FR", "JP")[number % 2],
            currency=currency,
            gross=gross,
            entity_gross=gross * numerator // denominator,
            own_money=own_money,
            quantity="",
            guests=number % 3,
            has_comment=bool(comment),
            has_receipt=number % 2 == 0,
            cancels=None,
            mileage="",
            computed=False,
            control_cover=None,
            comment=comment,
        )


def _questions() -> Iterator[tuple[Declared, tuple[Declared, ...]]]:
    """Each expense with nothing before it, and with up to ten others."""
    before: list[Declared] = []
    for expense in _expenses():
        yield expense, ()
        yield expense, tuple(before[-10:])
        before.append(expense)


def _with_refunds() -> Iterator[Declared]:
    """The expenses, each followed by a refund: of all of it, of a part, or of nothing that it names."""
    for expense in _expenses():
        yield expense
        number = expense.id
        part = 1 if number % 2 else 2
        if expense.gross >= part and expense.entity_gross >= part:
            yield expense._replace(
                id=number + 1_000,
                place=(f"2026-12-31T01:00:00.{number:06d}+00:00", f"R{number}"),
                gross=-(expense.gross // part),
                entity_gross=-(expense.entity_gross // part),
                cancels=number if number % 3 else None,
            )


def _company(rule: PolicyRule, settings: dict[str, Any]) -> Company:
    held = {"kind": "plugin", "rule": rule.name, "period": "year", "settings": settings}
    entity = {"name": "FR", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "c"}
    return Company.model_validate(
        {
            "entities": {"FR": entity},
            "charts": {"c": {"accounts": {}}},
            "expense_types": {"TYPE": {"name": "Type", "kind": "guests", "accounts": {}}},
            "profiles": {"generic": {"name": "All", "types": {"TYPE": {}}, "rules": {"RULE": held}}},
        }
    )
