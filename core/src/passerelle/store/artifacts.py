"""The bytes of artifacts, kept by SHA-256 in a folder beside the database and served for ever."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from passerelle.errors import Defect, Finding
from passerelle.store.database import Database
from passerelle.store.durable import sync_folder


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: its hash (lower-case hex) and size in bytes."""

    sha256: str
    size: int


class ArtifactFolder:
    """A content-addressed folder: ``ab/abcdef…``; a file is complete or absent, whatever kills the process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def beside(cls, database: Database) -> ArtifactFolder:
        """``PASSERELLE_ARTIFACTS``, else ``passerelle-artifacts`` beside the database."""
        named = os.environ.get("PASSERELLE_ARTIFACTS")
        return cls(Path(named) if named else database.folder / "passerelle-artifacts")

    def path(self, sha256: str) -> Path:
        """Where the bytes of this hash lie."""
        return self.folder / sha256[:2] / sha256

    def keep(self, chunks: Iterable[bytes]) -> Kept:
        """Writes the chunks beside their final place, syncs, and renames; keeping the same bytes twice is one file.

        Once it returns the file is there for good, power cut or not; its folders are for this user alone.
        """
        _made(self.folder)
        digest = hashlib.sha256()
        size = 0
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                for chunk in chunks:
                    handle.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                handle.flush()
                os.fsync(handle.fileno())
            final = self.path(digest.hexdigest())
            _made(final.parent)
            temporary.replace(final)
            sync_folder(final.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return Kept(digest.hexdigest(), size)

    def check(self, sha256: str) -> Path:
        """The file of this hash after reading it again; a missing or changed one is a ``Defect`` (PSR-9002)."""
        path = self.path(sha256)
        digest = hashlib.sha256()
        if path.exists():
            with path.open("rb") as handle:
                while block := handle.read(1 << 20):
                    digest.update(block)
        if digest.hexdigest() != sha256:
            raise Defect(
                Finding(
                    "PSR-9002",
                    "The stored bytes of an artifact are missing or changed.",
                    object=f"artifact {sha256[:12]}…",
                    field="sha256",
                    value=digest.hexdigest() if path.exists() else "no file",
                    expected=sha256,
                    remedy="restore the artifact folder from its backup; nothing is sent meanwhile",
                    who="admin",
                )
            )
        return path


def _made(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)
