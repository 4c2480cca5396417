"""Finding connectors and policy rules: good ones are used, broken ones are named, and neither stops the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from passerelle.plugins import GROUP, discover

Write = Callable[[str, str], EntryPoint]

GOOD = """
from passerelle import Connector, hookimpl

@hookimpl
def register_connectors(register):
    register(Connector("{name}", "{name}", formats={formats}, api={api}))
"""
FORMAT = """
format = 1
name = "toy-file"
title = "Toy"
layout = "delimited"
delimiter = ";"
file_name = "x"
entries = { writes = ["expense_report"] }
settings = { colour = { type = "text", default = "red", description = "of the toy" } }
[records.line]
fields = [
  { name = "account", var = "account" },
  { name = "day", var = "posting_day" },
  { name = "amount", var = "amount" },
]
"""


def good(name: str = "toy", formats: dict[str, str] | None = None, api: int = 1) -> str:
    return GOOD.format(name=name, formats=formats or {}, api=api)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a plugin's module; gives its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def module(name: str, source: str) -> EntryPoint:
        (tmp_path / f"{name}.py").write_text(source)
        written.append(name)
        return EntryPoint(name, name, GROUP)

    yield module  # type: ignore[misc]
    for name in written:
        sys.modules.pop(name, None)


def test_the_installed_connectors_are_found_with_their_distributions() -> None:
    plugins = discover()
    assert {"generic-csv", "sage"} <= set(plugins.connectors)
    assert not plugins.broken
    assert plugins.distributions["sage"].startswith("passerelle-sage ")
    assert (plugins.format_text("sage100-pnm") or "").startswith("# Sage 100")
    assert plugins.format_text("no-such") is None
    assert plugins.declared("sage") >= {"version", "company_name"}
    assert plugins.declared("no-such") == frozenset()


def test_a_plugin_is_a_module_with_one_hook(write: Write) -> None:
    plugins = discover([write("toy_one", good(formats={"toy-file": FORMAT}))])
    assert not plugins.broken
    assert plugins.connectors["toy"].formats == {"toy-file": FORMAT}
    assert plugins.declared("toy") == {"colour"}


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("import no_such_module_at_all", "PSR-8001", "no_such_module_at_all"),
        ("raise SystemError('boom')", "PSR-8001", "boom"),
        (good().replace("register_connectors", "register_conectors"), "PSR-8001", "register_conectors"),
        (good().replace("(register)", "(registrar)"), "PSR-8001", "registrar"),
        (good() + "    1 / 0", "PSR-8001", "ZeroDivisionError"),
        (good().replace("register(Connector", "register(7) or (Connector"), "PSR-8002", "7"),
        (good(formats={"other-name": FORMAT}), "PSR-8002", "other-name"),
        (good(api=2), "PSR-8003", "2"),
        (good(formats={"toy-file": FORMAT.replace("account", "acount")}), "PSR-5005", "acount"),
        (good(formats={"toy-file": "format ="}), "PSR-5001", ""),
    ],
)  # fmt: skip
def test_a_broken_plugin_is_named_and_the_others_work(write: Write, source: str, code: str, said: str) -> None:
    plugins = discover([write("toy_broken", source), write("toy_fine", good("fine"))])
    assert set(plugins.connectors) == {"fine"}
    assert plugins.broken[0].code == code
    assert said in plugins.broken[0].value + plugins.broken[0].message
    assert plugins.broken[0].object or plugins.broken[0].place


def test_names_belong_to_the_first_plugin(write: Write) -> None:
    first = write("toy_a", good("toy", {"toy-file": FORMAT}))
    same_connector, same_format = write("toy_b", good("toy")), write("toy_c", good("third", {"toy-file": FORMAT}))
    plugins = discover([same_format, same_connector, first])
    assert set(plugins.connectors) == {"toy"}
    assert [(finding.code, finding.object[:12]) for finding in plugins.broken] == [
        ("PSR-8004", "plugin toy_b"), ("PSR-8004", "plugin toy_c"),
    ]  # fmt: skip


RULE = """
from passerelle import Opinion, PolicyRule, hookimpl

def never(settings, expense, counted):
    return Opinion("block", "No.")

@hookimpl
def register_rules(register):
    register(PolicyRule("{name}", never, api={api}))
"""


def rule(name: str = "acme-never", api: int = 1) -> str:
    return RULE.format(name=name, api=api)


def test_a_plugin_may_bring_rules_alone_connectors_alone_or_both(write: Write) -> None:
    both = good("both") + rule("acme-both")
    plugins = discover([write("toy_rules", rule()), write("toy_connector", good()), write("toy_both", both)])
    assert not plugins.broken
    assert set(plugins.rules) == {"acme-never", "acme-both"}
    assert set(plugins.connectors) == {"toy", "both"}
    assert plugins.rule_distributions["acme-never"] == "toy_rules"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (rule().replace("register_rules", "register_rule"), "PSR-8001", "register_rule"),
        (rule() + "    1 / 0", "PSR-8001", "ZeroDivisionError"),
        (rule().replace("register(PolicyRule", "register(7) or (PolicyRule"), "PSR-8002", "7"),
        (rule().replace(", never,", ", None,"), "PSR-8002", "PolicyRule"),
        (rule(name=""), "PSR-8002", "PolicyRule"),
        (rule(api=2), "PSR-8003", "2"),
    ],
)
def test_a_broken_rule_is_named_and_the_others_hold(write: Write, source: str, code: str, said: str) -> None:
    plugins = discover([write("toy_broken", source), write("toy_fine", rule("acme-fine"))])
    assert set(plugins.rules) == {"acme-fine"}
    assert [finding.code for finding in plugins.broken] == [code]
    assert said in plugins.broken[0].value + plugins.broken[0].message
    assert plugins.broken[0].object.startswith("plugin toy_broken")


def test_rule_names_belong_to_the_first_plugin(write: Write) -> None:
    plugins = discover([write("toy_b", rule()), write("toy_a", rule())])
    assert plugins.rule_distributions == {"acme-never": "toy_a"}
    assert [(finding.code, finding.object[:12]) for finding in plugins.broken] == [("PSR-8004", "plugin toy_b")]
