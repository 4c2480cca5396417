"""A company made of the people, entities and kinds of expense found in the real files, and its working folder."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from passerelle.testing.ssh_server import SshServer

from .sources import TYPES, Source, person

MAPPINGS = Path(__file__).parent / "mappings"
_HEAD = """
version = 1

[entities.AU]
name = "Parliament of Australia"
country = "AU"
currency = "AUD"
time_zone = "Australia/Sydney"
chart = "AU"
journals = { EXP = { name = "Members' expenses", kind = "expense_reports" } }

[entities.BR]
name = "Câmara dos Deputados"
country = "BR"
currency = "BRL"
time_zone = "America/Sao_Paulo"
chart = "BR"
journals = { REE = { name = "Reembolsos", kind = "expense_reports" } }
"""
_CONNECTIONS = """
[connections.sage-{entity}]
connector = "sage"
entity = "{entity}"

[connections.csv-{entity}]
connector = "generic-csv"
entity = "{entity}"

[exports.{entity}]
entity = "{entity}"
artifacts = [
  {{ connection = "sage-{entity}", format = "sage100-flg" }},
  {{ connection = "sage-{entity}", format = "sage100-pnm" }},
  {{ connection = "csv-{entity}", format = "generic-csv" }},
]
destinations = ["file-server"]
"""


@dataclass
class Installation:
    """One working folder with its company; `run` is the command line there.

    ``account_of`` and ``auxiliary_of`` give an employee's codes.
    """

    run: Callable[..., Any]
    shared: Path
    sources: Sequence[Source]
    arrived: Path
    account_of: dict[str, str]
    auxiliary_of: dict[str, str]

    def answer(self, *words: object, code: int = 0) -> Any:
        """The JSON answer of a command that must end with ``code``."""
        outcome = self.run(*words, "--json")
        assert outcome.code == code, outcome.err[-3000:]
        return outcome.json


@pytest.fixture
def install(
    cli: Any, shared_data: Path, sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Sequence[Source], str | None], Installation]:
    """`install(sources, url)` is a fresh working folder on that database (SQLite: None), its company applied."""

    def make(sources: Sequence[Source], url: str | None = None) -> Installation:
        missing = [source.name for source in sources if not source.path(shared_data).exists()]
        if missing:
            pytest.skip(f"real data absent: {', '.join(missing)}")
        home = tmp_path / ("sqlite" if url is None else "postgresql")
        arrived = home / "server"
        arrived.mkdir(parents=True)
        monkeypatch.chdir(home)
        monkeypatch.setenv("PASSERELLE_DATABASE_URL", url or f"sqlite:///{home / 'passerelle.db'}")
        people = _people(sources, shared_data)
        made = Installation(
            cli,
            shared_data,
            sources,
            arrived,
            {code: f"421{number:05d}" for number, code in enumerate(people, 1)},
            {code: _auxiliary(code, number) for number, code in enumerate(people, 1)},
        )
        Path("company.toml").write_text(_company(made, people, sshd), encoding="utf-8")
        made.answer("config", "apply", "company.toml")
        return made

    return make


def _people(sources: Sequence[Source], shared: Path) -> dict[str, tuple[str, str]]:
    """Employee code -> entity and name."""
    found = {}
    for source in sources:
        with source.path(shared).open(newline="", encoding="utf-8") as handle:
            for row in csv.DictReader(handle):
                name = row.get("congressperson_name") or row["parl_id"].replace("_", " ")
                found[person(row)] = (source.entity, name)
    return dict(sorted(found.items()))


def _auxiliary(code: str, number: int) -> str:
    """At most 13 capitals and digits, as both Sage files take them; the number keeps namesakes apart."""
    return re.sub("[^A-Z0-9]", "", code.upper())[:9] + f"{number:04d}"


def _company(made: Installation, people: dict[str, tuple[str, str]], sshd: SshServer) -> str:
    parts = [_HEAD]
    for entity in ("AU", "BR"):
        parts.append(f'[charts.{entity}.accounts]\n"421000" = {{ name = "Members", role = "employee" }}\n')
        parts += [
            f'"{account}" = {{ name = "{name}", role = "expense" }}\n'
            for owner, name, account in TYPES.values()
            if owner == entity
        ]
        parts.append(_CONNECTIONS.format(entity=entity))
    for code, (entity, name, account) in TYPES.items():
        parts.append(f'[expense_types.{code}]\nname = "{name}"\naccounts = {{ {entity} = "{account}" }}\n')
    parts.append("[employees]\n")
    parts += [
        f'{code} = {{ name = {json.dumps(name, ensure_ascii=False)}, entity = "{entity}",'
        f' account = "{made.account_of[code]}", collective = "421000", auxiliary = "{made.auxiliary_of[code]}" }}\n'
        for code, (entity, name) in people.items()
    ]
    parts.append(
        f'[destinations.file-server]\nkind = "sftp"\nhost = "{sshd.host}"\nport = {sshd.port}\nuser = "{sshd.user}"\n'
        f'host_key = "{sshd.host_key}"\nprivate_key = "file:{sshd.private_key_path}"\npath = "{made.arrived}"\n'
    )
    return "\n".join(parts)
