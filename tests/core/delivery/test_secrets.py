"""References to secrets: resolved late, refused when others may read them, never told."""

from __future__ import annotations

from pathlib import Path

import pytest

from passerelle.delivery.secrets import resolve
from passerelle.errors import ConfigurationFault


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE", "s3cret")
    assert resolve("env:SHARE") == "s3cret"


@pytest.mark.parametrize("written", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_from_a_file(tmp_path: Path, written: str) -> None:
    path = tmp_path / "share"
    path.write_bytes(written.encode())
    path.chmod(0o600)
    assert resolve(f"file:{path}") == "s3cret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "share"
    path.write_text("s3cret")
    path.chmod(mode)
    with pytest.raises(ConfigurationFault, match="PSR-7004") as caught:
        resolve(f"file:{path}")
    assert "s3cret" not in str(caught.value.findings)


@pytest.mark.parametrize("reference", ["env:NOT_THERE", "file:not-there", "the secret itself"])
def test_what_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reference: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(ConfigurationFault, match="PSR-7003") as caught:
        resolve(reference)
    assert "itself" not in str(caught.value.findings)


def test_an_empty_secret_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARE", "")
    with pytest.raises(ConfigurationFault, match="PSR-7003"):
        resolve("env:SHARE")
