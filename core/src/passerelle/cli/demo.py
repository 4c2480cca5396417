"""``passerelle demo``: the main job on a made-up group, told as it happens: every line that starts with $ was run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import click

from passerelle.cli import run

_MARK = ".passerelle-demo"
_RULE = '  { country = "FR", rate = 5.5, account = "445660", code = "D05" },\n'
_BEFORE = '  { country = "FR", rate = 10, account = "445660", code = "D10" },\n'


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("passerelle-demo"))
def command(folder: Path) -> None:
    """Run the main job in FOLDER (default ./passerelle-demo): nothing outside it is touched.

    A company with two legal entities goes from expense reports to proven files in a folder and on an SFTP server that
    is started on this machine alone. The policy refuses a meal, caps a hotel, and says why. One report is held back on
    purpose, explained, mended, and sent in a second run.
    """
    _prepare(folder)
    home = Path.cwd()
    os.chdir(folder)
    os.environ.pop("PASSERELLE_DATABASE_URL", None)
    os.environ.pop("PASSERELLE_ARTIFACTS", None)
    try:
        with _server(Path("server")) as (port, host_key):
            _point_to(port, host_key)
            _story()
    finally:
        os.chdir(home)
    _closing(folder)


def _prepare(folder: Path) -> None:
    if folder.exists():
        if not (folder / _MARK).exists():
            raise click.UsageError(f"{folder} exists and is not an earlier demo; name another folder.")
        shutil.rmtree(folder)
    for part in ("outbox", "server/files/incoming"):
        (folder / part).mkdir(parents=True)
    (folder / _MARK).touch()
    source = resources.files("passerelle.cli") / "demo_company"
    for name in ("company.toml", "reports.jsonl"):
        (folder / name).write_bytes((source / name).read_bytes())


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, str]]:
    """An SFTP server on loopback for the time of the demo, ended by closing its input."""
    process = subprocess.Popen(
        [sys.executable, "-m", "passerelle.testing.sftp_server", str(folder / "files"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said:
            raise click.UsageError("The demo's SFTP server needs asyncssh:  pip install 'passerelle[demo]'")
        told = json.loads(said)
        yield told["port"], told["host_key"]
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()


def _point_to(port: int, host_key: str) -> None:
    path = Path("company.toml")
    text = path.read_text(encoding="utf-8")
    text = text.replace("port = 2222", f"port = {port}").replace('"ssh-ed25519 AAAA"', f'"{host_key}"')
    path.write_text(text, encoding="utf-8")


def _story() -> None:
    _say("1. The company: two legal entities, their charts, formats and destinations")
    _run("config", "apply", "company.toml")
    _say("2. Six expense reports come in, approved and controlled; the policy judges each line; one cannot be booked")
    _run("reports", "import", "reports.jsonl", expected=(0, 1))
    _say("3. Why is Camille's second meal refused, and her hotel covered in part? The policy explains itself")
    _run("rules", "explain", "ND000001/3-bis")
    _run("rules", "explain", "CP000001/7")
    _say(
        "4. What would leave for France: the balance, the first lines of both Sage files, and what is left out and why"
    )
    _run("export", "preview", "fr-accounting", expected=(1,))
    _say("5. It leaves: frozen, numbered, rendered, read back, proven, delivered to the folder and by SFTP")
    _run("export", "create", "fr-accounting", expected=(0, 1))
    _run("export", "create", "gb-accounting")
    _say("6. Why is ND000003 not in the export?")
    _run("export", "why", "ND000003")
    _say("7. The accountant adds the missing VAT rule to company.toml; a second run lets the report go, and only it")
    path = Path("company.toml")
    path.write_text(path.read_text(encoding="utf-8").replace(_BEFORE, _BEFORE + _RULE), encoding="utf-8")
    _run("config", "apply", "company.toml")
    _run("export", "create", "fr-accounting")
    _say("8. The books, and the proof that what left equals them")
    _run("ledger", "balance")
    _run("ledger", "verify")
    _run("export", "list")


def _say(words: str) -> None:
    click.echo(f"\n== {words}\n")


def _run(*words: str, expected: tuple[int, ...] = (0,)) -> None:
    click.echo(f"$ passerelle {' '.join(words)}")
    sys.stdout.flush()
    code = run(list(words))
    sys.stdout.flush()
    if code not in expected:
        raise click.ClickException(f"The demo stopped: exit code {code}.")


def _closing(folder: Path) -> None:
    click.echo(f"\n== What happened, and where to look\n\nIn the folder {folder}/outbox:")
    for path in sorted((folder / "outbox").iterdir()):
        click.echo(f"  {path.name}  {path.stat().st_size:,} bytes")
    click.echo(f"On the SFTP server (its folder is {folder}/server/files/incoming):")
    for path in sorted((folder / "server/files/incoming").iterdir()):
        click.echo(f"  {path.name}  {path.stat().st_size:,} bytes")
    click.echo(
        "\nSix reports came in. The policy refused a second meal of one day, alone, and covered a hotel up to its cap:"
        "\nthe rest of what the company's card paid is an advance that the employee owes."
        "\nFive reports were booked and sent at once; the sixth had a VAT rate that nobody had described,"
        "\nso it was left out and named, mended in the configuration, and sent alone by the second run. Every file was"
        "\nread back and compared with the ledger before it left."
        f"\n\nnext:  cd {folder}  and look around:  passerelle export show 1 --entity FR"
        "\n       your own data:  passerelle init  in an empty folder"
    )
