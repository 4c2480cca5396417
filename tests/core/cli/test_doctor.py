"""`passerelle doctor`: fine installations are told so; what fails comes last, with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Cli = Any


def states(outcome: Any) -> dict[str, str]:
    """The state of each check of a `--json` answer."""
    return {check["name"]: check["state"] for check in outcome.json}


def test_a_fresh_installation_is_fine(cli: Cli, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", database_url)
    outcome = cli("doctor", "--json")
    assert outcome.code == 0
    assert states(outcome) == {
        "passerelle": "ok",
        "connectors": "ok",
        "database": "ok",
        "artifacts": "ok",
        "company": "skipped",
    }
    said = cli("doctor").out
    assert "(passerelle-generic-csv 0." in said
    assert "(passerelle-sage 0." in said
    assert "All 5 checks are fine." in said


def test_a_broken_plugin_is_named_and_stops_nothing(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is installed as far as Python can tell, but whose module is gone."""
    metadata = tmp_path / "installed" / "passerelle_lost-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: passerelle-lost\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[passerelle]\nlost = passerelle_lost\n")
    monkeypatch.syspath_prepend(tmp_path / "installed")
    outcome = cli("doctor", "--json")
    assert outcome.code == 1
    assert states(outcome)["connectors"] == "failed"
    assert states(outcome)["database"] == "ok"
    assert "The plugin lost is broken and left out." in outcome.out


def test_a_database_out_of_reach_is_told_last_with_its_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "PSR-9001" in outcome.out + outcome.err
    assert "help:" in outcome.err
    rows = [line for line in outcome.out.splitlines() if " failed " in line or " ok " in line]
    assert rows[-1].startswith("database")


def test_an_artifact_folder_that_cannot_be_written_is_found(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSERELLE_ARTIFACTS", "/proc/artifacts")
    outcome = cli("doctor", "--json")
    assert outcome.code == 1
    assert states(outcome)["artifacts"] == "failed"
    assert "PSR-9010" in outcome.out + outcome.err


def test_a_database_that_cannot_be_written_is_found(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", f"sqlite:///file:{cli.folder}/passerelle.db?mode=ro&uri=true")
    outcome = cli("doctor", "--json")
    assert outcome.code == 1
    assert states(outcome)["database"] == "failed"
    assert "PSR-9011" in outcome.out + outcome.err


def test_looking_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    cli("doctor")
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))) == before


def test_no_database_is_made_by_looking_for_one(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "passerelle.db").unlink()
    outcome = cli("doctor", "--json")
    assert outcome.code == 0
    assert states(outcome)["database"] == "skipped"
    assert not list(tmp_path.iterdir())
