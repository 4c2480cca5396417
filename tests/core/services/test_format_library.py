"""The formats at hand, and a file of one's own under examination."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.errors import ConfigurationFault, Refused
from passerelle.formats.load import load_format
from passerelle.formats.recovery import recoverable
from passerelle.plugins import discover
from passerelle.services.format_library import examined, example, shipped, shipped_format


def test_every_shipped_format_says_what_it_is() -> None:
    facts = shipped(discover())
    assert [f.name for f in facts] == sorted(f.name for f in facts)
    for fact in facts:
        assert fact.title
        assert fact.description
        assert fact.source
        assert set(fact.recovers) == recoverable(load_format(fact.text))
        assert all(setting.description for setting in fact.settings)
    assert {s.name: s.default for s in shipped_format(discover(), "sage100-flg").settings}["analytics"] == "true"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused) as refused:
        shipped_format(discover(), "sage-pnm")
    assert "sage100-pnm" in refused.value.findings[0].expected


@pytest.mark.parametrize("name", ["generic-csv", "sage100-flg", "sage100-pnm"])
def test_a_copy_of_a_shipped_format_is_examined_with_an_example(tmp_path: Path, name: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(shipped_format(discover(), name).text, encoding="utf-8")
    facts, sample = examined(path)
    assert (facts.name, facts.connector) == (name, "")
    assert sample.lines[0]
    path.write_text(path.read_text(encoding="utf-8").replace('writes = ["expense_report", ', "writes = ["), "utf-8")
    assert any("625600" in line for line in examined(path)[1].lines)


def test_faults_carry_the_path_as_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("format = 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationFault) as fault:
        examined(path)
    assert {f.place.file for f in fault.value.findings if f.place} == {str(path)}
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationFault) as fault:
        examined(path)
    assert fault.value.findings[0].code == "PSR-2028"


def test_the_example_balances() -> None:
    _, documents = example()
    assert [sum(int(str(line[5])) for line in document.lines) for document in documents] == [0, 0]


@pytest.mark.parametrize(("change", "code"), [("", "PSR-5103"), (', charset = "a-zA-Z0-9 %"', "PSR-5102")])
def test_an_honest_ascii_format_is_sound_though_the_example_has_accents(tmp_path: Path, change: str, code: str) -> None:
    text = shipped_format(discover(), "generic-csv").text
    text = text.replace('encoding = "{encoding}"', f'encoding = "{"utf-8" if change else "ascii"}"')
    text = text.replace('fallback = "ascii"', 'fallback = "refuse"').replace('var = "label"', f'var = "label"{change}')
    path = tmp_path / "ascii.toml"
    path.write_text(text, encoding="utf-8")
    _, sample = examined(path)
    assert any(f"({code})" in remark for remark in sample.remarks)
    assert any("625100" in line for line in sample.lines)
    assert examined(_copy(tmp_path, "generic-csv"))[1].remarks == []


def test_an_example_of_which_nothing_fits_leaves_the_remark_alone(tmp_path: Path) -> None:
    path = _copy(tmp_path, "generic-csv")
    path.write_text(path.read_text("utf-8").replace('var = "label" }', 'var = "label", charset = "a" }', 1), "utf-8")
    _, sample = examined(path)
    assert sample.remarks
    assert len([line for line in sample.lines if line]) == 1, "the titles alone"


def _copy(folder: Path, name: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(shipped_format(discover(), name).text, encoding="utf-8")
    return path
