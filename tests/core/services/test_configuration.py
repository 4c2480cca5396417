"""Configuration applied: whole or not at all, the same twice, exactly what was shown; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from passerelle.errors import ConfigurationFault, Refused
from passerelle.masterdata.company import Company
from passerelle.plugins import discover
from passerelle.services import configuration
from passerelle.store import masterdata
from passerelle.store.database import Database
from passerelle.store.sql import execute
from passerelle.store.tables import Report

from .a_policed_company import COMPANY, PROFILES, Policed, a_report, an_expense, configure

Clock = Callable[[], datetime]
STARTER = Path(__file__).resolve().parents[3] / "core/src/passerelle/cli/starter/company.toml"
FIRST = STARTER.read_text(encoding="utf-8")
SERVER = '[destinations.server]\nkind = "sftp"\nhost = "h"\nuser = "u"\nhost_key = "k"\npassword = "env:SECRET"\n'


@pytest.fixture
def applied(database: Database, clock: Clock) -> Database:
    """A database with the first company."""
    configuration.apply(database, clock, FIRST, "company.toml")
    return database


def test_the_same_file_twice_changes_nothing(database: Database, clock: Clock) -> None:
    first = configuration.apply(database, clock, FIRST, "company.toml")
    assert first.written
    assert first.plan.counts["add"] == len(first.plan.changes) == 23
    second = configuration.apply(database, clock, FIRST, "company.toml")
    assert second.plan.changes == ()
    assert second.plan.counts["unchanged"] == 23


def test_the_same_file_applied_by_several_at_once_is_written_once(database: Database, clock: Clock) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: configuration.apply(database, clock, FIRST, "company.toml"), range(4)))
    assert sorted(len(one.plan.changes) for one in done) == [0, 0, 0, 23]


def test_a_dry_run_shows_the_plan_and_writes_nothing(database: Database, clock: Clock) -> None:
    shown = configuration.apply(database, clock, FIRST, "company.toml", dry_run=True)
    assert not shown.written
    with pytest.raises(Refused) as caught:
        configuration.export(database)
    assert caught.value.findings[0].code == "PSR-2042"
    done = configuration.apply(database, clock, FIRST, "company.toml", expect=shown.plan.expect)
    assert done.plan == shown.plan


def test_what_is_exported_applies_back_without_a_change(applied: Database, clock: Clock) -> None:
    configuration.apply(applied, clock, FIRST + SERVER, "company.toml")
    text = configuration.export(applied)
    assert 'password = "env:SECRET"' in text
    assert configuration.apply(applied, clock, text, "export.toml").plan.changes == ()
    assert configuration.export(applied) == text


POLICY = """
[mileage_scales.own]
name = "Own"
currency = "EUR"
rates = [{ brackets = [{ up_to = 5000, rate = 0.60 }, { rate = "0.4", fixed = 1000 }], valid_from = 2026-01-01 }]
[profiles.generic]
name = "Everyone"
[profiles.generic.types]
train = {}
meal = { cap = [{ amounts = { EUR = 20.50 }, period = "day" }], flat_rate = [{ amounts = { EUR = 9 } }] }
[profiles.generic.rules]
trips = { kind = "restriction", types = ["train", "meal"], limit = 1 }
wine = { kind = "plugin", rule = "acme-wine", settings = { most = 2, words = ["vin", "wine"] } }
"""


def test_a_policy_comes_back_as_it_was_written(applied: Database, clock: Clock) -> None:
    plan = configuration.apply(applied, clock, FIRST + POLICY, "company.toml").plan
    assert [(change.object, change.id) for change in plan.changes] == [("mileage scale", "own"), ("profile", "generic")]
    assert configuration.apply(applied, clock, FIRST + POLICY, "company.toml").plan.changes == ()
    text = configuration.export(applied)
    assert configuration.apply(applied, clock, text, "export.toml").plan.changes == ()
    assert 'meal = { cap = [{ amounts = { EUR = 20.50 }, period = "day" }]' in text
    (scale, profile) = configuration.apply(applied, clock, FIRST, "company.toml").plan.changes
    assert {scale.operation, profile.operation} == {"deactivate"}


def test_what_disappears_is_deactivated_and_comes_back(applied: Database, clock: Clock) -> None:
    without = "\n".join(line for line in FIRST.split("\n") if not line.startswith("E002"))
    (gone,) = configuration.apply(applied, clock, without, "company.toml").plan.changes
    assert (gone.operation, gone.object, gone.id, gone.title) == ("deactivate", "employee", "E002", "Nour Lefèvre")
    (back,) = configuration.apply(applied, clock, FIRST, "company.toml").plan.changes
    assert (back.operation, back.id) == ("add", "E002")
    assert back.consequences == ("it was deactivated and comes back, with what points to it",)
    with applied.reading() as connection:
        assert execute(connection, "SELECT count(*) FROM master_object").scalar_one() == 23


def test_a_faulty_file_changes_nothing(applied: Database, clock: Clock) -> None:
    before = configuration.export(applied)
    faulty = FIRST.replace('name = "Repas"', 'name = "Autre"').replace('"732829320"', '"732829321"')
    with pytest.raises(ConfigurationFault):
        configuration.apply(applied, clock, faulty, "company.toml")
    assert configuration.export(applied) == before


def test_expect_does_what_was_shown_or_nothing(applied: Database, clock: Clock) -> None:
    mine = FIRST.replace('name = "Repas"', 'name = "Repas du soir"')
    theirs = FIRST.replace('name = "Repas"', 'name = "Repas du midi"')
    shown = configuration.apply(applied, clock, mine, "company.toml", dry_run=True).plan
    configuration.apply(applied, clock, theirs, "company.toml")
    with pytest.raises(configuration.PlanChanged) as caught:
        configuration.apply(applied, clock, mine, "company.toml", expect=shown.expect)
    assert caught.value.findings[0].code == "PSR-2041"
    assert caught.value.plan.changes[0].fields[0].before == "Repas du midi"
    assert "Repas du midi" in configuration.export(applied)
    configuration.apply(applied, clock, mine, "company.toml", expect=caught.value.plan.expect)
    assert "Repas du soir" in configuration.export(applied)


def test_expect_does_not_mind_changes_elsewhere(applied: Database, clock: Clock) -> None:
    """The hash covers what the plan touches: the same two edits, one applied after the other was shown."""
    both = FIRST.replace('name = "Repas"', 'name = "Dîner"').replace('name = "Train"', 'name = "Rail"')
    shown = configuration.apply(applied, clock, both, "company.toml", dry_run=True).plan
    assert len(shown.changes) == 2
    configuration.apply(applied, clock, FIRST.replace('name = "Train"', 'name = "Rail"'), "company.toml")
    with pytest.raises(configuration.PlanChanged):
        configuration.apply(applied, clock, both, "company.toml", expect=shown.expect)


def _report(database: Database) -> None:
    with database.transaction() as connection, Session(connection) as session:
        directory = masterdata.load(connection)
        session.add(
            Report(
                entity_id=directory.entity_id("lumen"), employee_id=directory.employee_id("E001"), source="s",
                source_id="1", kind="own", revision=1, additive=False, content_hash="h", number="ND1", title="t",
                declared_at="now", approval="created",
            )
        )  # fmt: skip
        session.commit()


def test_the_currency_of_an_entity_with_reports_is_refused_with_its_place(applied: Database, clock: Clock) -> None:
    text = FIRST.replace('currency = "EUR"  ', 'currency = "USD"  ')
    assert configuration.apply(applied, clock, text, "company.toml", dry_run=True).plan.changes
    _report(applied)
    with pytest.raises(Refused) as caught:
        configuration.apply(applied, clock, text, "company.toml")
    (finding,) = caught.value.findings
    assert finding.code == "PSR-2040"
    assert finding.place is not None
    assert finding.place.text.startswith('currency = "USD"')
    page = STARTER.parents[2] / "catalogue" / "PSR-2040.md"
    assert f"PSR-2040: {finding.message}" in page.read_text(encoding="utf-8")


def test_a_deactivated_employee_with_open_reports_is_named_under_the_change(applied: Database, clock: Clock) -> None:
    _report(applied)
    without = "\n".join(line for line in FIRST.split("\n") if not line.startswith("E001"))
    (change,) = configuration.apply(applied, clock, without, "company.toml", dry_run=True).plan.changes
    assert change.consequences[0] == "1 report not exported yet points to it"


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    for path, content in ((tmp_path / "missing.toml", None), (tmp_path / "latin.toml", b'a = 1\nname = "\xe9"')):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigurationFault) as caught:
            configuration.read_text(path)
        assert caught.value.findings[0].code == "PSR-2009"
    assert "line 2" in caught.value.findings[0].message


def test_settings_and_labels_of_a_connection_are_checked_where_they_stand() -> None:
    settings = 'settings = { version = 99, vresion = 31 }\nlabels = { expense = "{typ}", expens = "x" }\n'
    faulty = FIRST.replace("axes = { centre = 1 }", settings + "axes = { centre = 1 }")
    faulty = faulty.replace('siren = "732829320"', 'siren = "1"')
    with pytest.raises(ConfigurationFault) as caught:
        configuration.check(faulty, "company.toml")
    found = {finding.field: finding.place for finding in caught.value.findings}
    assert set(found) == {
        "entities.lumen.siren",
        "connections.sage.settings.version",
        "connections.sage.settings.vresion",
        "connections.sage.labels.expense",
        "connections.sage.labels.expens",
    }
    assert {place.file for place in found.values() if place} == {"company.toml"}


def test_a_format_file_of_ones_own_is_read_from_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = FIRST.replace('format = "generic-csv"', 'format = "own.toml"')
    with pytest.raises(ConfigurationFault) as caught:
        configuration.check(own, "company.toml")
    assert [finding.code for finding in caught.value.findings] == ["PSR-2028"]
    shipped = discover().format_text("generic-csv")
    assert shipped is not None
    (tmp_path / "own.toml").write_text(shipped, encoding="utf-8")
    assert configuration.check(own, "company.toml")[1] == ()
    (tmp_path / "own.toml").write_text(shipped.replace("layout =", "lyaout ="), encoding="utf-8")
    with pytest.raises(ConfigurationFault) as caught:
        configuration.check(own, "company.toml")
    assert {finding.place.file for finding in caught.value.findings if finding.place} == {"own.toml"}


def test_the_schema_knows_every_table_and_refuses_others() -> None:
    described = configuration.schema()
    assert set(described["required"]) == {"entities", "charts"}
    assert described["additionalProperties"] is False
    assert "exports" in described["properties"]


def test_a_dry_run_tells_what_the_policy_would_say_of_open_expenses(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    policed = Policed(database, clock, tmp_path)
    configure(database)
    policed.declare("LUNCH", "12.00")
    policed.declare("FREE", "5.00")
    without = {**COMPANY, "profiles": {"generic": {"name": "Everybody", "types": {"FREE": {}}}}}
    text = configuration.as_text(Company.model_validate(without))
    rehearsed = configuration.apply(database, clock, text, "company.toml", dry_run=True)
    assert (rehearsed.written, rehearsed.judged_otherwise) == (False, 1)
    assert [finding.code for finding in rehearsed.verdicts] == ["PSR-3020"]
    assert [blocked for *_, blocked in policed.judged()] == [False, False]
    assert not policed.rows("SELECT 1 FROM judging_due")
    done = configuration.apply(database, clock, text, "company.toml", expect=rehearsed.plan.expect)
    assert (done.judged_otherwise, done.verdicts) == (1, rehearsed.verdicts)
    assert [blocked for *_, blocked in policed.judged()] == [True, False]


OFF = {"kind": "days", "weekends": "allow", "holidays": "block", "leave": "block"}
PEOPLE, ENTITY = COMPANY["employees"], COMPANY["entities"]["FR"]
LEAVE = [{"first": "2026-04-01", "last": "2026-04-05"}]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"employees": PEOPLE | {"E1": PEOPLE["E1"] | {"profile": "strict"}}}, id="profile"),
        pytest.param({"employees": PEOPLE | {"E1": PEOPLE["E1"] | {"leave": LEAVE}}}, id="leave"),
        pytest.param({"entities": {"FR": ENTITY | {"holiday_region": "57"}}}, id="holidays of the region"),
        pytest.param({"entities": {"FR": ENTITY | {"time_zone": "Europe/London"}}}, id="time zone"),
        pytest.param({"profiles": {"generic": {"name": "Everybody", "types": {"FREE": {}}}}}, id="policy"),
    ],
)
def test_what_an_applied_change_bears_on_is_judged_again(
    database: Database, clock: Clock, tmp_path: Path, changed: dict[str, Any]
) -> None:
    """A lunch of Good Friday, a holiday of Moselle alone, declared in the first hour of that day in Paris."""
    rules = {"OFF": OFF, "FUTURE": {"kind": "future", "consequence": "block"}}
    strict = {"name": "Strict", "types": {"LUNCH": {"cap": [{"amounts": {"EUR": 0}, "period": "day"}]}}}
    company = COMPANY | {"profiles": {"generic": PROFILES["generic"] | {"rules": rules}, "strict": strict}}
    policed = Policed(database, clock, tmp_path)
    configure(database, company)
    good_friday = an_expense("X1", date="2026-04-03")
    policed.reports(a_report(good_friday, declared_at="2026-04-02T22:30:00Z"))
    assert policed.judged() == [("X1", 1200, 1200, False)]
    text = configuration.as_text(Company.model_validate(company | changed))
    assert configuration.apply(database, clock, text, "company.toml").judged_otherwise == 1
    assert [covered for *_, covered, _ in policed.judged()] == [0]
