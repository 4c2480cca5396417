"""Artifacts are kept whole or not at all, found by their hash, and checked before each use."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import Defect
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_bytes_come_back_by_their_hash(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    folder = ArtifactFolder(tmp_path_factory.mktemp("artifacts"))
    kept = folder.keep(iter(chunks))
    whole = b"".join(chunks)
    assert (kept.sha256, kept.size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert folder.check(kept.sha256).read_bytes() == whole


def test_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    assert folder.keep([b"a", b"b"]) == folder.keep([b"ab"])
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise LookupError

    with pytest.raises(LookupError):
        ArtifactFolder(tmp_path).keep(chunks())
    assert not list(tmp_path.rglob("*"))


def test_what_is_kept_lasts_and_is_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is synced before it is renamed, then each folder whose names changed."""
    synced: list[Path] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    folder = ArtifactFolder(tmp_path / "artifacts")
    final = folder.path(folder.keep([b"VER 14\n"]).sha256)
    made, writing, *rest = synced
    assert made == tmp_path
    assert writing.name.startswith(".writing-")
    assert rest == [folder.folder, final.parent]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.folder, final.parent, final)] == [0o700, 0o700, 0o600]
    synced.clear()
    folder.keep([b"VER 14\n"])
    assert synced[1:] == [final.parent]


@pytest.mark.parametrize("harm", ["changed", "shortened", "removed"])
def test_harm_is_a_defect_that_names_the_artifact(tmp_path: Path, harm: str) -> None:
    folder = ArtifactFolder(tmp_path)
    kept = folder.keep([b"VER 14\n"])
    path = folder.path(kept.sha256)
    if harm == "removed":
        path.unlink()
    else:
        path.write_bytes(b"VER 15\n" if harm == "changed" else b"VER")
    with pytest.raises(Defect) as caught:
        folder.check(kept.sha256)
    assert caught.value.findings[0].code == "PSR-9002"
    assert kept.sha256[:12] in caught.value.findings[0].object


def test_the_folder_is_beside_the_database_unless_named(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PASSERELLE_ARTIFACTS", raising=False)
    assert ArtifactFolder.beside(sqlite_database).folder == tmp_path / "passerelle-artifacts"
    monkeypatch.setenv("PASSERELLE_ARTIFACTS", str(tmp_path / "elsewhere"))
    assert ArtifactFolder.beside(sqlite_database).folder == tmp_path / "elsewhere"
