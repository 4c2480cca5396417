"""Loading: what is right loads, and each fault of a format file or of what is laid over it is shown in its place."""

from __future__ import annotations

import pytest
from tests.core.formats.documents import REFERENCE, SHIPPED, rendered
from tests.core.formats.zoo import ZOO

from passerelle.errors import ConfigurationFault, Finding
from passerelle.formats.load import declared_settings, load_format

CSV, PNM, FLG = (SHIPPED[name] for name in ("generic-csv", "sage100-pnm", "sage100-flg"))

_ADVANCE = '"advance.account" = "Avance {report} {type_name}"\n'


def faults(text: str, **overlay: object) -> list[Finding]:
    with pytest.raises(ConfigurationFault) as fault:
        load_format(text, "my.toml", **overlay)  # type: ignore[arg-type]
    return list(fault.value.findings)


@pytest.mark.parametrize(
    ("base", "old", "new", "code", "under_the_caret", "expected"),
    [
        (CSV, 'layout = "delimited"', 'layout = "delimited', "PSR-5001", None, ""),
        (CSV, "header_row = true", "header_rows = true", "PSR-5002", "header_rows", 'did you mean "header_row"?'),
        (CSV, 'const = "line" }', 'konst = "line" }', "PSR-5002", "konst", 'did you mean "const"?'),
        (FLG, "when = { invoice", "wenn = { invoice", "PSR-5002", "wenn", 'did you mean "when"?'),
        (PNM, "type = \"flag\"", 'typ = "flag"', "PSR-5002", "typ", 'did you mean "type"?'),
        (CSV, "format = 1 ", "format = 2 ", "PSR-5003", "2", "1"),
        (CSV, 'newline = "CRLF"', 'newline = "CR"', "PSR-5003", "CR", "CRLF or LF"),
        (CSV, 'delimiter = "{delimiter}"', 'delimiter = "::"', "PSR-5003", "::", "one character, or TAB"),
        (CSV, "quote = '\"'", 'quote = "{delimiter}"', "PSR-5003", '"{delimiter}"', "not the delimiter"),
        (CSV, 'encoding = "{encoding}"', 'encoding = "utf-61"', "PSR-5003", "utf-61", "cp1252"),
        (CSV, 'encoding = "{encoding}"', 'encoding = "utf-16"', "PSR-5003", "utf-16", "cp1252"),
        (CSV, 'encoding = "{encoding}"', 'encoding = "base64"', "PSR-5003", "base64", "cp1252"),
        (CSV, "spreadsheet = true", "record_length = 3", "PSR-5003", "record_length", ""),
        (PNM, "record_length = 138", "", "PSR-5003", "fixed", "record_length"),
        (FLG, 'flag_prefix = "#"', "", "PSR-5003", "tagged", "flag_prefix"),
        (FLG, 'flag = "#MECA"', "", "PSR-5003", "analytic", "flag"),
        (CSV, 'name = "piece"', 'name = "line"', "PSR-5003", "line", ""),
        (CSV, 'name = "label", const', 'name = "labels", const', "PSR-5003", "labels", 'did you mean "label"?'),
        (CSV, "sections = { type", "amount = { type", "PSR-5003", "amount", "another name"),
        (CSV, 'default = ";"', 'default = "-"', "PSR-5003", '"-"', "one of ;, ,"),
        (FLG, '"œ" = "oe"', '"œu" = "oeu"', "PSR-5003", "œu", ""),
        (FLG, 'charset = "A-Z0-9", required = true }', 'charset = "Z-A" }', "PSR-5003", "Z-A", ""),
        (FLG, 'date = "DDMMYY"', 'date = "JJMMAA"', "PSR-5003", "JJMMAA", ""),
        (CSV, "{type_name} {comment}", "{type_name} {comment", "PSR-5004", "{type_name} {comment", ""),
        (CSV, "{sequence:000000}", "{sequence:9}", "PSR-5004", "{sequence:9}", ""),
        (CSV, "{type_name} {comment}", "{type_name} {coment}", "PSR-5005", "coment", 'did you mean "comment"?'),
        (CSV, '"{decimal_mark}"', '"{decimal_marc}"', "PSR-5005", "decimal_marc", 'did you mean "decimal_mark"?'),
        (CSV, 'var = "journal"', 'var = "jurnal"', "PSR-5005", "jurnal", 'did you mean "journal"?'),
        (PNM, "when = { auxiliary", "when = { auxilliary", "PSR-5005", "", 'did you mean "auxiliary"?'),
        (PNM, "analytics = true }", "analytic = true }", "PSR-5005", "analytic", 'did you mean "analytics"?'),
        (CSV, "{entity}", "{journal}", "PSR-5006", "journal", "entity"),
        (CSV, 'var = "type" }', 'var = "section" }', "PSR-5006", "section", "account"),
        (CSV, 'var = "type" }', 'var = "debit_total" }', "PSR-5006", "debit_total", "account"),
        (CSV, '"journal", "posting_day"', '"journal", "day"', "PSR-5006", "day", "journal"),
        (CSV, 'var = "piece" }', 'var = "piece", form = "debit" }', "PSR-5007", '"debit"', ""),
        (CSV, 'var = "piece" }', 'var = "piece", date = "YYYY" }', "PSR-5007", '"YYYY"', ""),
        (PNM, 'form = "unsigned", width = 20', 'overflow = "truncate", width = 20', "PSR-5007", "truncate", ""),
        (CSV, 'var = "label" }', 'var = "label", overflow = "truncate" }', "PSR-5007", "truncate", ""),
        (CSV, 'var = "label" }', 'var = "label", pad = "x" }', "PSR-5007", "x", ""),
        (CSV, 'const = "line" }', 'const = "line", map = { a = "b" } }', "PSR-5007", '{ a = "b" }', ""),
        (PNM, 'const = "N"', 'const = "NO"', "PSR-5008", "NO", ""),
        (PNM, 'const = "N"', 'const = "Δ"', "PSR-5008", "Δ", ""),
        (PNM, "at = 84", "at = 85", "PSR-5009", "85", "84"),
        (PNM, "record_length = 138", "record_length = 140", "PSR-5009", "", "record_length = 140"),
        (CSV, '  { name = "axis", var = "axis" },\n', "", "NONE", None, ""),
        (PNM, 'const = "N"', 'const = "N", var = "kind"', "PSR-5010", "", "exactly one of"),
        (CSV, 'var = "kind"', 'title = "k"', "PSR-5010", "", "exactly one of"),
        (PNM, '{ const = "X" }', '{ const = "X", var = "kind" }', "PSR-5010", "", "exactly one of"),
        (PNM, '{ when = { auxiliary = "" }, const = "" }', '{ const = "" }', "PSR-5010", "", "no case after it"),
        (PNM, 'vat = "TVA', 'vatt = "TVA', "PSR-5013", "vatt", 'did you mean "vat"?'),
        (CSV, 'lines = ["expense"', 'lines = ["expanse"', "PSR-5013", "expanse", 'did you mean "expense"?'),
        (CSV, "[entries]", '[entries]\nomit = [{ kind = "vta", reason = "for no reason" }]', "PSR-5013", "vta", "vat"),
        (PNM, 'company = "{type_name} {report}"\n', "", "PSR-5014", "company_paid", "a template for company"),
        (PNM, _ADVANCE, "", "PSR-5014", "company_paid", "a template for advance.account"),
        (CSV, "[entries]", '[merge]\nkinds = ["expense"]\nby = ["label"]\n\n[entries]', "PSR-5003", "label", ""),
        (CSV, 'name = "record", const = "section"', 'name = "record", const = "line"', "PSR-5015", "analytic", ""),
    ],
)  # fmt: skip
def test_each_fault_of_a_file_is_shown_in_its_place(
    base: str, old: str, new: str, code: str, under_the_caret: str | None, expected: str
) -> None:
    assert old in base, "the fault must be made"
    text = base.replace(old, new, 1)
    if code == "NONE":
        load_format(text)
        return
    found = [finding for finding in faults(text) if finding.code == code]
    assert found, [f"{finding.code} {finding.message}" for finding in faults(text)]
    place = found[0].place
    assert place is not None
    assert place.file == "my.toml"
    assert place.text.rstrip() == text.split("\n")[place.line - 1].replace("\t", " ").rstrip()
    marked = place.text[place.column - 1 : place.column - 1 + place.length]
    if under_the_caret:
        assert marked == under_the_caret or marked.strip("\"'") == under_the_caret
    assert expected in found[0].expected
    assert found[0].remedy
    assert found[0].who == "integrator"


def test_all_faults_are_found_at_once_in_the_order_of_the_file() -> None:
    text = CSV.replace("{comment}", "{coment}", 1).replace('var = "kind"', 'var = "kid"', 1).replace('"CRLF"', '"X"', 1)
    found = faults(text)
    lines = [finding.place.line for finding in found if finding.place]
    assert {finding.code for finding in found} == {"PSR-5003", "PSR-5005"}
    assert len(found) == 3
    assert lines == sorted(lines)


def test_a_field_that_is_wrong_does_not_make_its_neighbours_wrong() -> None:
    text = PNM.replace('var = "side", map', 'const = "D", var = "side", map', 1)
    assert [finding.code for finding in faults(text)] == ["PSR-5010"]


@pytest.mark.parametrize(
    ("overlay", "code", "field", "expected"),
    [
        ({"settings": {"decimal_marc": ","}}, "PSR-5011", "settings.decimal_marc", 'did you mean "decimal_mark"?'),
        ({"settings": {"decimal_mark": ";"}}, "PSR-5012", "settings.decimal_mark", "one of ., ,"),
        ({"settings": {"analytics": "yes"}}, "PSR-5012", "settings.analytics", "true or false"),
        ({"settings": {"company_name": 7}}, "PSR-5012", "settings.company_name", "one line of text"),
        ({"settings": {"company_name": "a\nb"}}, "PSR-5012", "settings.company_name", "one line of text"),
        ({"labels": {"vatt": "x"}}, "PSR-5013", "labels.vatt", 'did you mean "vat"?'),
        ({"labels": {"vat": "{vat_rat}"}}, "PSR-5005", "labels.vat", 'did you mean "vat_rate"?'),
        ({"labels": {"vat": "{vat_rate"}}, "PSR-5004", "labels.vat", ""),
        ({"labels": {"vat": "{label}"}}, "PSR-5005", "labels.vat", ""),
        ({"labels": {"vat": "{section}"}}, "PSR-5006", "labels.vat", "account"),
    ],
)
def test_a_fault_of_the_connection_is_told_to_who_configures_it(
    overlay: dict[str, dict[str, object]], code: str, field: str, expected: str
) -> None:
    (finding,) = faults(PNM, **overlay)
    assert (finding.code, finding.field, finding.who, finding.place) == (code, field, "admin", None)
    assert expected in finding.expected


def test_settings_are_laid_over_the_format() -> None:
    form = load_format(
        FLG, settings={"version": "14", "piece_prefix": "ND", "decimal_mark": "."}, also_declared=["decimal_mark"]
    )
    assert form.settings["version"] == 14
    assert len(form.lines["expense"].cells) == 37
    assert b"#VER 14\r\n" in rendered(form, REFERENCE)
    assert b"\r\nND1\r\n" in rendered(form, REFERENCE)
    assert set(declared_settings(FLG)) >= {"version", "encoding", "analytics"}
    assert declared_settings("not = [toml") == {}


def test_labels_are_laid_over_the_format_and_may_hold_any_variable_of_a_line() -> None:
    labels = {"vat": "{{TVA}} {vat_rate} {base} {day:DD/MM} {report}", "expense": "{kind} {piece:000}"}
    form = load_format(PNM, labels=labels)
    text = rendered(form, REFERENCE).decode("cp1252")
    assert "{TVA} 0 31/01 ND0001" not in text, "a base of nothing writes nothing"
    assert "{TVA} 31/01 ND0001" in text
    assert "expense 001" in text


def test_every_format_of_the_zoo_and_every_shipped_one_loads_under_each_choice() -> None:
    for text in (*ZOO.values(), *SHIPPED.values()):
        for name, setting in declared_settings(text).items():
            for choice in setting.choices or ((True, False) if setting.type == "flag" else ()):
                assert load_format(text, settings={name: choice}).settings[name] == choice
        assert load_format(text).entry_types == {"expense_report", "company_paid"}


def test_what_the_projection_asks_of_a_format() -> None:
    form = load_format(
        CSV.replace("[order]", '[merge]\nkinds = ["vat"]\nby = ["account", "tax_code"]\n\n[order]').replace(
            "spreadsheet = true", 'spreadsheet = true\ntruncate_to = "unit"'
        )
    )
    assert form.file.merge is not None
    assert form.file.merge.by == ("account", "tax_code")
    assert form.file.truncate_to == "unit"
    assert form.document_order == ("journal", "posting_day", "piece")
    assert form.line_order == ("expense", "vat", "advance.account", "employee", "company")
