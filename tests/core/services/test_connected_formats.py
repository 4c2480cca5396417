"""What a configuration says of formats, names and codes that could never work is a fault before anything runs."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from passerelle.errors import ConfigurationFault
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault
from passerelle.plugins import discover
from passerelle.services.connected_formats import format_faults
from passerelle.services.rendering import Renderer
from passerelle.store.database import Database
from passerelle_generic_csv import GENERIC_CSV

from .an_export import COMPANY, House

CSV = GENERIC_CSV.formats["generic-csv"]
FOLDERS = {
    "stays": {"kind": "folder", "path": "out"},
    "replaced": {"kind": "folder", "path": "out", "replace": True},
    "taken": {"kind": "folder", "path": "in", "consumed": True},
}


def company(**changes: Any) -> Company:
    """The house with values put in by their dotted path, written with double underscores."""
    raw = copy.deepcopy(COMPANY) | {"destinations": FOLDERS}
    for path, value in changes.items():
        *above, last = path.split("__")
        table = raw
        for key in above:
            table = table[key]
        table[last] = value
    return Company.model_validate(raw)


def faults(**changes: Any) -> list[Fault]:
    return format_faults(company(**changes), discover())


def told(found: list[Fault]) -> list[tuple[str, str]]:
    return [(fault.finding.code, fault.finding.field) for fault in found]


def csv_named(folder: Path, name: str, file: str = "own.toml") -> str:
    """A copy of the generic CSV with another file name; its path."""
    text = CSV.replace('file_name = "{entity}_{definition}_{sequence:000000}.csv"', f'file_name = "{name}"')
    assert text != CSV
    (folder / file).write_text(text, encoding="utf-8")
    return str(folder / file)


def test_the_house_has_no_fault() -> None:
    assert faults(exports__fr__destinations=["stays", "replaced", "taken"]) == []


# --- names -----------------------------------------------------------------------------------------------------------


def artifacts(*formats: str) -> list[dict[str, str]]:
    return [{"connection": "csv", "format": form} for form in formats]


def test_two_files_of_one_run_never_get_the_same_name(tmp_path: Path) -> None:
    first, second = csv_named(tmp_path, "{sequence}.CSV", "a.toml"), csv_named(tmp_path, "{sequence}.csv", "b.toml")
    (fault,) = faults(exports__fr__artifacts=artifacts(first, second), exports__fr__destinations=["replaced"])
    assert told([fault]) == [("PSR-2035", "exports.fr.artifacts[2].format")]
    assert "Files 1 and 2 of export fr" in fault.finding.message


def test_a_name_without_the_sequence_comes_back_where_files_stay(tmp_path: Path) -> None:
    chosen = artifacts(csv_named(tmp_path, "{entity}-{run_day}.csv"))
    for places, stays in ((["stays"], True), (["taken"], False), (["taken", "replaced"], True), ([], False)):
        found = faults(exports__fr__artifacts=chosen, exports__fr__destinations=places)
        assert told(found) == [("PSR-2036", "exports.fr.artifacts[1].format")] * stays, places
    assert (
        "stay at replaced"
        in faults(exports__fr__artifacts=chosen, exports__fr__destinations=["taken", "replaced"])[0].finding.expected
    )


def test_a_sequence_that_is_cut_from_a_long_name_does_not_count(tmp_path: Path) -> None:
    chosen = artifacts(csv_named(tmp_path, "x" * 198 + "{sequence}.csv"))
    assert told(faults(exports__fr__artifacts=chosen, exports__fr__destinations=["stays"])) == [
        ("PSR-2036", "exports.fr.artifacts[1].format")
    ]


def test_files_of_two_entities_do_not_meet_at_one_destination(tmp_path: Path) -> None:
    own = csv_named(tmp_path, "{sequence}.csv")
    of_both = {"exports__fr__artifacts": artifacts(own), "exports__fr__destinations": ["stays"]}
    of_both["exports__gb__artifacts"] = [{"connection": "csv-gb", "format": own}]
    assert faults(**of_both, exports__gb__destinations=["replaced"]) == []
    assert told(faults(**of_both, exports__gb__destinations=["stays"])) == [
        ("PSR-2035", "exports.gb.artifacts[1].format")
    ]


def test_names_are_looked_at_again_when_an_export_is_rendered(house: House, tmp_path: Path) -> None:
    first, second = csv_named(tmp_path, "{sequence}.csv", "a.toml"), csv_named(tmp_path, "{sequence}.csv", "b.toml")
    house.change("exports", "fr", artifacts=artifacts(first, second))
    with pytest.raises(ConfigurationFault, match="PSR-2035"):
        house.preview()


# --- where a format's text is found ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"), [(None, "file not found: "), (b"\xff", "it is not UTF-8"), ("folder", "Is a directory: ")]
)
def test_a_format_file_that_cannot_be_read_is_told_alike_at_check_and_at_run(
    house: House, tmp_path: Path, content: Any, says: str
) -> None:
    path = tmp_path / "own.toml"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    house.change("exports", "fr", artifacts=artifacts(str(path)))
    with pytest.raises(ConfigurationFault) as caught:
        house.preview()
    (finding,) = caught.value.findings
    (fault,) = faults(exports__fr__artifacts=artifacts(str(path)))
    assert finding.code == fault.finding.code == "PSR-2028"
    assert finding.message == fault.finding.message
    assert says in finding.message
    if content is None:
        assert f"file not found: {path.absolute()}" in finding.message


def test_a_path_counts_from_the_working_folder(
    sqlite_database: Database, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del sqlite_database, clock
    csv_named(tmp_path, "{sequence}.csv")
    monkeypatch.chdir(tmp_path)
    assert faults(exports__fr__artifacts=artifacts("own.toml")) == []
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    (fault,) = faults(exports__fr__artifacts=artifacts("own.toml"))
    assert f"file not found: {tmp_path / 'other' / 'own.toml'}" in fault.finding.message


# --- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "value", "key"),
    [
        ("axes", {"CENTRE": 12}, "axes.CENTRE"),
        ("journals", {"NDF": "TOOLONGJOURNAL"}, "journals.NDF"),
        ("journals", {"NDF": "FRAIS"}, "journals.NDF"),  # six in one Sage format, three in the other
        ("journals", {"NDF": ""}, "journals.NDF"),
        ("accounts", {"625100": "62é51"}, "accounts.625100"),
        ("accounts", {"625100": "6251 "}, "accounts.625100"),
        ("accounts", {"421001": ""}, "accounts.421001"),
        ("accounts", {"625100": "62510000000000"}, "accounts.625100"),
        ("sections", {"CENTRE": {"MKT": "MKT-1"}}, "sections.CENTRE.MKT"),
        ("sections", {"CENTRE": {"MKT": " "}}, "sections.CENTRE.MKT"),
    ],
)
def test_a_code_that_no_document_could_carry_is_a_fault_at_its_key(table: str, value: Any, key: str) -> None:
    found = faults(**{f"connections__sage__{table}": value})
    assert told(found) == [("PSR-2037", f"connections.sage.{key}")]
    assert found[0].finding.expected
    assert found[0].finding.who == "admin"


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("axes", {"CENTRE": 11}),
        ("journals", {"NDF": "OD1"}),
        ("accounts", {"625100": "6251000000000", "421001": "a code of ours that Sage never sees", "421000": "421"}),
        ("sections", {"CENTRE": {"MKT": "mkt1"}}),
        ("sections", {"PROJET": {"P1": "has no plan, so it never leaves"}}),
    ],
)
def test_what_some_document_may_carry_is_none(table: str, value: Any) -> None:
    assert faults(**{f"connections__sage__{table}": value}) == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"piece_prefix": "nd-"}, "piece_prefix"),
        ({"piece_prefix": "THIRTEENCHARS"}, "piece_prefix"),
        ({"piece_type": "O1"}, "piece_type"),
        ({"piece_type": "ODD"}, "piece_type"),
    ],
)
def test_a_setting_that_no_document_could_carry_is_a_fault_at_its_key(settings: dict[str, str], key: str) -> None:
    found = faults(connections__sage__settings=settings)
    assert told(found) == [("PSR-5012", f"connections.sage.settings.{key}")]


def test_a_setting_that_is_not_used_may_be_anything() -> None:
    assert faults(connections__sage__settings={"piece_prefix": "nd-", "piece_from": "report"}) == []
    assert faults(connections__sage__settings={"piece_prefix": "nd", "piece_type": ""}) == []


def test_the_renderer_of_a_sound_company_is_made_without_a_word(house: House) -> None:
    from passerelle.store import masterdata

    with house.database.reading() as connection:
        renderer = Renderer.of(masterdata.load(connection), "fr", datetime(2026, 1, 31, tzinfo=UTC))
    assert [plan.position for plan in renderer.plans] == [1, 2, 3]
