"""What every connector must do, as a class to inherit. The whole test file of a plugin is:

    from passerelle.testing.conformance import Conformance

    class TestConnectors(Conformance):
        '''Every installed connector; with ``connectors = ("mine",)`` only those named.'''

Each test runs per connector or per format and choice of a setting. A connector proves what it declares by writing the
story (``passerelle.testing.story``), reading it back and comparing: nothing is believed for being said.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import FrozenInstanceError, fields, replace
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from passerelle.connector import API, Ability, Connector, Support
from passerelle.errors import Finding
from passerelle.exports.frozen import FrozenDocument
from passerelle.formats.cells import RUNS_IN_SPREADSHEET
from passerelle.formats.document import Document
from passerelle.formats.recovery import recoverable
from passerelle.formats.writer import file_name
from passerelle.ledger.line import ENTRY_TYPE_KINDS
from passerelle.plugins import discover
from passerelle.services.export_sample import sample_of
from passerelle.testing.cases import Case, Installed, cases, installed
from passerelle.testing.story import CURRENCIES, misfits, tell

if TYPE_CHECKING:
    import pytest  # the product does not need it

FORBIDDEN = {
    "aiohttp", "asyncssh", "click", "ftplib", "http", "httpx", "paramiko", "requests", "smtplib", "socket",
    "sqlalchemy", "sqlite3", "sqlmodel", "ssl", "subprocess", "urllib", "urllib3",
}  # fmt: skip
"""What a plugin must not import: core owns sockets, databases, processes and the command line."""

DOOR = {"passerelle", "passerelle.connector", "passerelle.hookspecs"}
"""What of core a plugin may import."""

_SAID_BY = {
    Ability.ANALYTICS: ("section", "analytic"),
    Ability.AUXILIARY: ("auxiliary", "third part"),
    Ability.FOREIGN_CURRENCY: ("currency", "currencies"),
}
"""The words by which `loses` says that a format has not an ability."""


class Conformance:
    """The suite. Inherit it in a class whose name starts with ``Test``."""

    connectors: tuple[str, ...] = ()
    """Names of the connectors to test; every installed one when there are none."""
    earlier: ClassVar[dict[tuple[str, int], dict[str, Any]]] = {}
    """Settings of earlier versions, which ``upgrade`` must know: ``{("mine", 1): {"site": "Lyon"}}``."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per connector, or per format and choice."""
        found = installed(self.connectors)
        if "plugin" in metafunc.fixturenames:
            metafunc.parametrize("plugin", found, ids=str)
        if "case" in metafunc.fixturenames:
            metafunc.parametrize("case", [case for each in found for case in cases(each.connector)], ids=str)

    # --- the plugin --------------------------------------------------------------------------------------------------

    def test_plugins_are_whole(self) -> None:
        """No installed plugin is broken, and all that are to be tested are there."""
        broken = discover().broken
        assert not broken, "\n" + shown(broken)
        missing = set(self.connectors) - {str(each) for each in installed()}
        assert not missing, f"not installed, or without an entry point in the group passerelle: {sorted(missing)}"

    def test_value_is_well_formed(self, plugin: Installed) -> None:
        """Name, title, abilities and formats are what they should be, and nothing of it can be set anew."""
        connector = plugin.connector
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", connector.name), f"{connector.name!r}: small letters and hyphens"
        assert connector.title.strip(), "title: the ERP's name, for a person"
        assert connector.api == API
        assert connector.settings_version >= 1
        assert all(isinstance(ability, Ability) for ability in connector.abilities), "abilities are passerelle.Ability"
        assert all(isinstance(support, Support) for support in connector.abilities.values()), "of passerelle.Support"
        for field in fields(connector):
            try:
                setattr(connector, field.name, getattr(connector, field.name))
            except FrozenInstanceError:
                continue
            raise AssertionError(f"{field.name} can be set: a connector is a frozen value")

    def test_settings_are_strict(self, plugin: Installed) -> None:
        """Settings are frozen, refuse unknown keys, and a key without default shows an example."""
        model = plugin.connector.settings
        assert model.model_config.get("frozen") is True, 'model_config = ConfigDict(frozen=True, extra="forbid")'
        assert model.model_config.get("extra") == "forbid", 'model_config = ConfigDict(frozen=True, extra="forbid")'
        model.model_validate(example(plugin.connector))

    def test_upgrade_is_pure(self, plugin: Installed) -> None:
        """The same settings give the same result, stay untouched, and what is up to date stays as it is."""
        connector = plugin.connector
        present = connector.settings_version
        known = {version: given for (name, version), given in self.earlier.items() if name == connector.name}
        for version, given in {**known, present: example(connector)}.items():
            before = copy.deepcopy(given)
            upgraded = connector.upgrade(given, version)
            assert given == before, f"upgrade from version {version} changes the settings that it is given"
            assert connector.upgrade(before, version) == upgraded, f"upgrade from version {version} is not repeatable"
            assert connector.upgrade(copy.deepcopy(upgraded), present) == upgraded, "upgrade changes present settings"
            connector.settings.model_validate(upgraded)
        assert connector.upgrade(example(connector), present) == example(connector), "upgrade changes present settings"

    def test_package_does_no_io(self, plugin: Installed) -> None:
        """The package imports nothing that opens a socket, a database or a process, and of core its door alone."""
        faults = [fault for path in sources(plugin) for fault in forbidden_imports(path)]
        assert not faults, "\n".join(faults)

    def test_abilities_are_what_the_formats_prove(self, plugin: Installed) -> None:
        """An ability is full exactly when a file of a format gives it back, or, for exchanges, never yet."""
        connector = plugin.connector
        full = {ability for ability, support in connector.abilities.items() if support is Support.FULL}
        proven = set().union(*(carried(Case(connector, name)) for name in connector.formats))
        assert full <= proven, f"declared full, and no format proves it: {sorted(full - proven)}"
        assert proven <= full, f"proven by a format, and not declared full: {sorted(proven - full)}"

    # --- each format, with its defaults and with every choice --------------------------------------------------------

    def test_story_comes_back(self, case: Case) -> None:
        """Every line of the story is written, read back equal, and adds up to the ledger per account."""
        form = case.plan.format
        told = recoverable(form)
        account = "general" if "general" in told else "account"
        kinds = {kind for entry_type in form.entry_types for kind in ENTRY_TYPE_KINDS[entry_type]}
        assert kinds == {*form.lines, *form.omitted}, "an entry type is not written with all its line kinds"
        frozen = [document for document in tell().documents if case.plan.writes(document)]
        assert frozen, "the format writes no document"
        documents = case.project(frozen)
        proof = case.prove(documents)
        assert proof.documents == len(frozen)
        if form.file.truncate_to:
            return
        ledger: Counter[str] = Counter()
        for line in (line for document in frozen for line in document.lines if line.kind not in form.omitted):
            ledger[getattr(line, account).upper()] += line.amount
        file: Counter[str] = Counter()
        for record in case.records(case.file(documents)):
            if record.record == "line":
                file[str(record.values[account]).upper()] += int(record.values["amount"])
        assert nonzero(file) == nonzero(ledger), "the accounts of the file do not add up to the ledger's"

    def test_other_currencies_come_back(self, case: Case) -> None:
        """Ledgers of no and of three decimals are written whole; where a cell cannot, it says so."""
        for currency in CURRENCIES:
            findings = written_or_refused(replace(case, currency=currency), tell(currency).documents)
            assert {finding.code for finding in findings} <= {"PSR-5106"}, "\n" + shown(findings)

    def test_bytes_are_the_same_twice(self, case: Case) -> None:
        """A format loaded again writes the same story to the byte."""
        once, again = replace(case), replace(case)
        assert once.file(once.project(tell().documents)) == again.file(again.project(tell().documents))

    def test_what_does_not_fit_is_refused_by_cell(self, case: Case) -> None:
        """Texts and codes that the file cannot hold are refused with their cell, never spoiled."""
        story = tell()
        written_or_refused(case, [*story.far, *misfits(story)])

    def test_what_is_lost_is_said(self, case: Case) -> None:
        """`loses` names in sentences what the ledger knows and the file does not say; previews print them."""
        form = case.plan.format
        for sentence in form.file.loses:
            assert re.fullmatch(r"\S.{8,}\.", sentence), f"loses holds sentences for a person: {sentence!r}"
        said = " ".join(form.file.loses).lower()
        if case.settings:
            return  # what a company chooses to leave out is its own affair
        for ability in _SAID_BY.keys() - carried(Case(case.connector, case.format), whole=True):
            assert any(word in said for word in _SAID_BY[ability]), f"{ability} is lost, and `loses` does not say so"
        for kind in form.omitted:
            assert kind in said, f"{kind} lines are omitted, and `loses` does not say so"
        if form.file.truncate_to:
            assert re.search("truncat|cut|cent|decimal", said), "amounts are cut, and `loses` does not say so"
        sample = sample_of(form, "story", case.run, case.project(tell().documents))
        assert sample.loses == list(form.file.loses)

    def test_file_name_is_safe(self, case: Case) -> None:
        """Whatever the entity is called, the file's name is one plain name, the same each time."""
        for entity in ("FR", "../../etc/x", "..", ".", "C:\\A", "a/b", "nul\x00", "é" * 300, "", " "):
            run = (entity, *case.run[1:])
            name = file_name(case.plan.format, run)
            assert name == file_name(case.plan.format, run)
            assert name.isprintable(), f"{name!r} has control characters"
            assert 0 < len(name) <= 200, f"{name!r} is empty or too long"
            assert not re.search(r'[<>:"/\\|?*]', name), f"{name!r} is no plain name"
            assert name == name.strip(". "), f"{name!r} would be hidden or cut"

    def test_spreadsheets_run_nothing(self, case: Case) -> None:
        """In a format meant for spreadsheets no cell but a number starts like a formula."""
        if not case.plan.format.medium.spreadsheet:
            return
        for record in case.records(case.file(case.project(tell().documents))):
            for name, cell in record.cells.items():
                number = re.fullmatch(r"-?\d+([.,]\d+)?", cell)
                assert number or not cell.startswith(tuple(RUNS_IN_SPREADSHEET)), f"{name} runs {cell!r}"


# --- what the tests ask ----------------------------------------------------------------------------------------------


def shown(findings: Iterable[Finding]) -> str:
    """Findings, one a line, with their place."""
    lines = []
    for finding in findings:
        place = f"{finding.place.file}:{finding.place.line}: " if finding.place else ""
        words = (finding.object, finding.field, finding.value, finding.expected)
        lines.append(f"{place}{finding.code}: {finding.message} ({'; '.join(filter(None, words))})")
    return "\n".join(lines)


def nonzero(totals: Counter[str]) -> dict[str, int]:
    """The totals that are not zero."""
    return {name: amount for name, amount in totals.items() if amount}


def carried(case: Case, *, whole: bool = False) -> set[Ability]:
    """The abilities that reading the story back from a file shows; with ``whole`` those of which nothing is missing."""
    frozen = [document for document in tell().documents if case.plan.writes(document)]
    documents = case.project(frozen)
    records = list(case.records(case.file(documents)))
    values = [record.values for record in records]
    found = {Ability.ACCOUNTING_FILE} if any(each.get("amount") for each in values) else set()
    if any(each.get("auxiliary") and each.get("general", each["auxiliary"]) for each in values):
        found.add(Ability.AUXILIARY)
    if any(each.get("currency") and each.get("original") for each in values):
        found.add(Ability.FOREIGN_CURRENCY)
    splits = [each for each in values if each.get("section") and each.get("section_amount")]
    expected = sum(len(line[-1]) for document in documents for line in document.lines if isinstance(line[-1], tuple))
    if splits and (len(splits) == expected or not whole):
        found.add(Ability.ANALYTICS)
    return found


def written_or_refused(case: Case, frozen: Iterable[FrozenDocument]) -> list[Finding]:
    """Each document is written and comes back equal, or is refused by findings that name the cell: all of these."""
    refused: list[Finding] = []
    written: list[Document] = []
    for document in case.project(frozen):
        findings: list[Finding] = []
        data = case.writer.document(document, findings)
        assert (data is None) is bool(findings), f"written and refused, or neither: {document}"
        for finding in findings:
            lacks = [name for name in ("object", "field", "expected", "remedy", "who") if not getattr(finding, name)]
            assert not lacks, f"the finding has no {lacks}: {finding}"
        if data is not None:
            written.append(document)
        refused.extend(findings)
    case.prove(written)
    return refused


def example(connector: Connector) -> dict[str, Any]:
    """Settings that the model accepts: defaults, and of what has none the first of its `examples`."""
    values: dict[str, Any] = {}
    for name, field in connector.settings.model_fields.items():
        if field.is_required():
            assert field.examples, f"the setting {name} has neither default nor examples: Field(examples=[…])"
            values[field.alias or name] = field.examples[0]
    return values


class Offered(Protocol):
    """What a plugin offers, with its entry point."""

    @property
    def point(self) -> EntryPoint: ...


def sources(plugin: Offered) -> list[Path]:
    """The Python files of the package that offers a connector or a rule."""
    spec = find_spec(plugin.point.module.partition(".")[0])
    assert spec is not None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    if not folders:
        return [Path(spec.origin or "")]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def forbidden_imports(path: Path) -> Iterator[str]:
    """The imports of a file, late ones included, that a plugin must not have."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in _imported(node):
            inside = name.partition(".")[0] == "passerelle" and name not in DOOR
            if inside or name.partition(".")[0] in FORBIDDEN:
                yield f"{path.name}:{getattr(node, 'lineno', 0)}: a plugin does not import {name}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if not node.level else []
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("__import__", "import_module"):
            return [str(node.args[0].value)]
    return []
