"""`company.toml` read: every fault at once, each with its line and caret; a secret never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import ConfigurationFault, Finding
from passerelle.masterdata.source import parse, read

CATALOGUE = Path(__file__).resolve().parents[3] / "core/src/passerelle/catalogue"
FORMATS = {"sage": {"sage100-flg", "sage100-pnm"}, "generic-csv": {"generic-csv"}}
SERVER = (
    '[destinations.server]\nkind = "sftp"\nhost = "sftp.example.com"\nuser = "lumen"\nhost_key = "ssh-ed25519 AAAA"\n'
)
OTHER = (
    '[entities.helios]\nname = "H"\ncountry = "FR"\ncurrency = "EUR"\ntime_zone = "Europe/Paris"\nchart = "pcg"\n'
    '[connections.other]\nconnector = "sage"\nentity = "helios"\n'
)


def faults(text: str) -> list[Finding]:
    """What is wrong with a text."""
    with pytest.raises(ConfigurationFault) as caught:
        read(text, "company.toml", FORMATS)
    return list(caught.value.findings)


def refusal(text: str) -> tuple[Finding, ...]:
    """What is wrong with a text that may be right."""
    try:
        parse(text, "company.toml", FORMATS)
    except ConfigurationFault as fault:
        return fault.findings
    return ()


def pointed(finding: Finding) -> str:
    """What the caret stands under."""
    assert finding.place is not None
    return finding.place.text[finding.place.column - 1 : finding.place.column - 1 + finding.place.length]


def test_the_first_company_is_right(starter: str) -> None:
    company, warnings = read(starter, "company.toml", FORMATS)
    assert warnings == ()
    assert company.employees["E001"].account == "421001"


# (code, what is replaced in the first company, by what, what the caret stands under)
EXAMPLES = [
    ("PSR-2001", 'currency = "EUR"', "currency = EUR", "EUR"),
    ("PSR-2002", "version = 1", "version = 1\nversion = 1", "version"),
    ("PSR-2003", "currency =", 'curency = "EUR"\ncurrency =', "curency"),
    ("PSR-2004", '"Camille Martin", entity = "lumen",', '"Camille Martin",', "E001"),
    ("PSR-2005", 'pcg = "625100" }', "pcg = 625100 }", "625100"),
    ("PSR-2006", '"732829320"', '"732829321"', '"732829321"'),
    ("PSR-2008", "E001 =", '"Camille Martin" =', '"Camille Martin"'),
    ("PSR-2020", '"Camille Martin", entity = "lumen"', '"Camille Martin", entity = "lumn"', '"lumn"'),
    ("PSR-2021", 'bank = "512000"', 'bank = "512001"', '"512001"'),
    ("PSR-2022", 'accounts = { pcg = "625100" }', 'accounts = { pcg = "421000" }', '"421000"'),
    ("PSR-2023", '"421002"', '"421001"', '"421001"'),
    ("PSR-2024", "FSO =", 'NDB = { name = "Notes bis", kind = "expense_reports" }\nFSO =', '"expense_reports"'),
    ("PSR-2025", '{ connection = "sage"', '{ connection = "other"', '"other"'),
    ("PSR-2026", "axes = { centre = 1 }", "axes = { centre = 1, project = 1 }", "1"),
    ("PSR-2027", "[exports.monthly]", SERVER + "[exports.monthly]", "server"),
    ("PSR-2028", '"sage100-flg"', '"sage100-fgl"', '"sage100-fgl"'),
    ("PSR-2029", 'connector = "sage"', 'connector = "saga"', '"saga"'),
    ("PSR-2033", '["folder"]', '["folder", "folder"]', '"folder"'),
]


@pytest.mark.parametrize(("code", "old", "new", "under"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_each_fault_stands_under_its_caret_as_its_page_says(
    starter: str, code: str, old: str, new: str, under: str
) -> None:
    assert old in starter
    text = starter.replace(old, new, 1)
    if code == "PSR-2025":
        text += OTHER
    if code == "PSR-2026":
        text += '[axes.project]\nname = "Projets"\n'
    (finding,) = faults(text)
    assert finding.code == code
    assert pointed(finding) == under
    assert finding.place is not None
    assert finding.place.text == text.split("\n")[finding.place.line - 1]
    assert finding.expected
    assert finding.remedy
    assert f"{code}: {finding.message}" in (CATALOGUE / f"{code}.md").read_text(encoding="utf-8")


def test_a_doubt_is_a_warning_and_no_fault(starter: str) -> None:
    text = starter.replace('{ rate = 20, country = "FR", account = "445660" }', '{ rate = 20, country = "FR" }')
    _, (warning,) = read(text, "company.toml", FORMATS)
    assert warning.severity == "warning"
    assert f"{warning.code}: {warning.message}" in (CATALOGUE / "PSR-2034.md").read_text(encoding="utf-8")
    assert pointed(warning) == '{ rate = 20, country = "FR" }'


def test_all_faults_come_at_once_in_the_order_of_the_file(starter: str) -> None:
    text = starter
    for code, old, new, _ in EXAMPLES:
        if code not in ("PSR-2001", "PSR-2002", "PSR-2005", "PSR-2025", "PSR-2026"):
            text = text.replace(old, new, 1)
    found = faults(text)
    lines = [finding.place.line for finding in found if finding.place]
    assert lines == sorted(lines)
    assert len(lines) == len(found)
    codes = {finding.code for finding in found}
    assert codes >= {"PSR-2003", "PSR-2004", "PSR-2006", "PSR-2008", "PSR-2021", "PSR-2022", "PSR-2024", "PSR-2027"}
    assert codes >= {"PSR-2029", "PSR-2033"}


def test_what_points_to_a_faulty_object_is_not_held_against_it(starter: str) -> None:
    text = starter.replace(
        '"625100" = { name = "Voyages et déplacements", role = "expense"', '"625100" = { role = "expens"'
    )
    assert {finding.object for finding in faults(text)} == {'account "625100" of chart "pcg"'}
    (only,) = faults(starter.replace('time_zone = "Europe/Paris"\n', ""))
    assert only.code == "PSR-2004"


def test_nearest_names_are_suggested(starter: str) -> None:
    (key,) = faults(starter.replace("currency =", 'curency = "EUR"\ncurrency =', 1))
    assert key.remedy == "did you mean currency?"
    (code,) = faults(starter.replace('chart = "pcg" ', 'chart = "pgc" '))
    assert code.remedy == 'did you mean "pcg"?'


def test_a_number_is_not_taken_for_a_code(starter: str) -> None:
    (finding,) = faults(starter.replace('siren = "732829320"', "siren = 732829320"))
    assert finding.field == "entities.lumen.siren"
    assert finding.value == "732829320"
    assert "between quotes" in finding.remedy


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("rate = 10,", "rate = true,", "expense_types.train.vat[1].rate"),
        ("rate = 10,", "rate = nan,", "expense_types.train.vat[1].rate"),
        ("rate = 10,", "rate = 100.5,", "expense_types.train.vat[1].rate"),
        ("# closed_until = 2026-01-31", "closed_until = 20260131", "entities.lumen.closed_until"),
        ("axes = { centre = 1 }", 'axes = { centre = "1" }', "connections.sage.axes.centre"),
        ("axes = { centre = 1 }", "settings = { a = 1.5 }", "connections.sage.settings.a"),
        ('path = "outbox"', 'path = "outbox"\nreplace = "yes"', "destinations.folder.replace"),
        ('path = "outbox"', 'path = ""', "destinations.folder.path"),
        ('kind = "folder"', 'kind = "foldr"', "destinations.folder.kind"),
        ('kind = "folder"\n', "", "destinations.folder.kind"),
        ("version = 1", "version = 2", "version"),
        ('name = "Lumen SAS"', 'name = "Lumen \\u202ESAS"', "entities.lumen.name"),
        ('name = "Lumen SAS"', 'name = "Lumen\\u0085SAS"', "entities.lumen.name"),
        ('"Europe/Paris"', '"Europe/Pari"', "entities.lumen.time_zone"),
        ("FR1420041010050500013M02606", "FR1520041010050500013M02606", "entities.lumen.bank_accounts[1].iban"),
    ],
)
def test_nothing_is_guessed(starter: str, old: str, new: str, field: str) -> None:
    assert old in starter
    assert faults(starter.replace(old, new, 1))[0].field == field


def test_several_lines_of_wrong_syntax_are_told_together(starter: str) -> None:
    text = starter.replace('currency = "EUR"', "currency = EUR").replace('path = "outbox"', "path = outbox")
    assert [pointed(finding) for finding in faults(text)] == ["EUR", "outbox"]


def test_after_an_open_bracket_nothing_is_guessed(starter: str) -> None:
    assert [finding.code for finding in faults(starter + 'x = [\n"a"\n')] == ["PSR-2001"]


SECRETS = [
    'password = "hunter2"',
    "password = 'hunter2'  # the secret",
    'password = """hunter2"""',
    'password = """\nhunter2"""',
    "password = hunter2",
    'password = "hunter2',
    'password = "hun"ter2hunter2',
    "password = hun,ter2hunter2",
    'password = ["hunter2", "hunter2"]',
    'password = { a = "hunter2", b = "hunter2" }',
    'password = "env:hunter2 hunter2!"',
    'private_key = "hunter2"\npassword = "env:X"',
    'passwrod = "hunter2"',
    '"password" = "hunter2"',
    'password = "env:X"\npassword = "hunter2"',
    'password = "env:X"\ntoken = "hunter2"\nprot = 1',
]


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_is_never_repeated(starter: str, line: str) -> None:
    found = faults(starter + SERVER + line + "\n")
    assert "hunter2" not in repr(found)
    assert "ter2" not in repr(found)


def test_on_a_line_with_a_secret_carets_follow_the_mask(starter: str) -> None:
    line = 'other = { kind = "sftp", password = "hunter2-and-more", user = 1, host = "h", host_key = "k" }\n'
    found = faults(starter + "[destinations]\n" + line)
    assert "hunter2" not in repr(found)
    assert {pointed(finding) for finding in found} == {'"***"', "1"}


def test_a_literal_secret_is_a_fault_of_its_own(starter: str) -> None:
    (finding,) = faults(starter + SERVER + 'password = "hunter2"  # theirs\n')
    assert f"{finding.code}: {finding.message}" in (CATALOGUE / "PSR-2007.md").read_text(encoding="utf-8")
    assert finding.place is not None
    assert finding.place.text == 'password = "***"  # theirs'
    assert pointed(finding) == '"***"'


@pytest.mark.parametrize("reference", ["env:LUMEN_PASSWORD", "file:/run/secrets/lumen"])
def test_a_reference_is_no_secret(starter: str, reference: str) -> None:
    company = parse(starter + SERVER + f'password = "{reference}"\n', "company.toml", FORMATS)
    assert company.destinations["server"].kind == "sftp"


def test_byte_order_mark_and_line_ends_of_windows_are_no_faults(starter: str) -> None:
    assert parse("\ufeff" + starter.replace("\n", "\r\n"), "c.toml") == parse(starter, "c.toml")
    (finding,) = faults(starter.replace("\n", "\r\n").replace('"732829320"', '"732829321"'))
    assert pointed(finding) == '"732829321"'


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        parse(text, "company.toml")
    assert all(finding.place for finding in caught.value.findings)


@given(st.data())
def test_any_damage_to_the_first_company_is_read_or_refused_with_its_place(starter: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(starter)))
    length = data.draw(st.integers(0, 12))
    damaged = starter[:start] + data.draw(st.text("\"'[]{}=.,#\n x1", max_size=4)) + starter[start + length :]
    assert all(finding.place for finding in refusal(damaged))
