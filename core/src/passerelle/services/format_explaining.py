"""Where each cell of an exported file came from: the file is known by its bytes, its line by its number."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from passerelle.errors import Finding, Refused
from passerelle.formats.explain import RecordTrace, explain
from passerelle.services.rendering import Renderer, projected
from passerelle.store import exports as stored
from passerelle.store.database import Database


def explain_line(database: Database, path: Path, line: int) -> tuple[stored.ArtifactRow, RecordTrace]:
    """The artifact whose bytes the file at ``path`` holds, and the trace of its line ``line``, counted from 1.

    ``Refused`` when no export made these bytes (PSR-5207: a file that was edited is not explained) or the file is
    shorter (PSR-5205).
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    with database.reading() as connection:
        artifact = stored.artifact_by_hash(connection, digest.hexdigest())
        if artifact is None:
            raise Refused(_unknown(path))
        export = stored.export(connection, artifact.export_id)
    renderer = Renderer(json.loads(export.snapshot))
    plan = next(plan for plan in renderer.plans if plan.position == artifact.position)
    documents = projected(database, export, plan)
    return artifact, explain(plan.format, renderer.run_row(export.sequence or 0), documents, line)


def _unknown(path: Path) -> Finding:
    return Finding(
        "PSR-5207",
        f"No export of this installation made {path.name} as it is.",
        object=str(path),
        expected="a file that an export rendered, byte for byte",
        remedy="take the file again: passerelle export artifact NUMBER",
        who="integrator",
    )
