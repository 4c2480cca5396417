"""One whole story, as an export freezes it: what every format must carry, and what it must refuse rather than spoil.

Own-money and company-paid reports, company-paid expenses of which a part or nothing is covered, several VAT rates, a
partly recoverable one, one of zero, refunds, a delta and a reversal, foreign currencies of 0, 2 and 3 decimals,
sections on two axes, the smallest and a very large amount, and texts that break careless files. Codes are short and
plain, since short and plain codes fit every format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from passerelle.exports.frozen import FrozenDocument, FrozenLine

AXES = {"centre": 1, "project": 2}
"""The axes of the story, with the places that the connection gives them."""

CURRENCIES = ("JPY", "TND")
"""Ledger currencies, beside EUR, in which the story is told: of 0 and of 3 decimals."""

RUN_DAY = "2026-03-02"
_FOREIGN = {"USD": (10_000, 9_200, "0.92"), "JPY": (15_000, 9_150, "0.0061"), "TND": (12_345, 3_654, "0.296")}
_LONG = "Séminaire d'équipe à Besançon, hébergement, dîner de clôture et navettes aller-retour compris " * 3
_CARELESS = (
    "=1+1", "+33 1 23 45 67 89", "-5 %", "@SUM(A1:A9)", "\t=HYPERLINK(1)", "#MECG", "#FIN", "a;b,c|d\te",
    'he said "no"', "two\r\nlines", "  spaces  around  ", "'quoted'", "", "\x00\x07 control", _LONG,
)  # fmt: skip
_FAR = (
    "Łódź, Ștefan, Győr",
    "東京 出張",
    "Ωμέγα Москва",
    "₿ ½ ẞ \u2028 end",
    "🚕 taxi",
    "\uff1d1+1",
    "e\u0301te\u0301",
)


class Story(NamedTuple):
    """``documents`` every format must write. ``far`` hold texts that few encodings can: written, or refused by cell."""

    currency: str
    documents: tuple[FrozenDocument, ...]
    far: tuple[FrozenDocument, ...]


def tell(currency: str = "EUR") -> Story:
    """The story in a ledger of ``currency``: the same minor units in each."""
    meal = _expense("625700", 10_000, "V10", "10", 10_000, comment="Déjeuner client, Lyon")
    split = meal._replace(sections=_sections(("LYON", "P1", 6_000), ("PARIS", "P1", 4_000)))
    moved = meal._replace(sections=_sections(("LYON", "P2", 10_000)))
    first = [split, _vat(1_000, "V10", "10", 10_000), *_fuel()]
    again = [_reversed(split), moved]
    foreign = [
        _expense("625100", booked, type_name="Taxi", comment=f"Taxi {code}")._replace(
            currency=code, original=original, rate=rate, sections=_sections(("LYON", "P1", booked))
        )
        for code, (original, booked, rate) in _FOREIGN.items()
        if code != currency
    ]
    texts = [_expense("625700", 1_000 + n, comment=text) for n, text in enumerate(_CARELESS)]
    far = [_expense("625700", 1_000 + n, comment=text) for n, text in enumerate(_FAR)]
    extremes = [_expense("625100", 1), _expense("625100", 9_999_999_999), _vat(1, "V20", "20", 5)]
    refund = [_expense("625100", -4_136, "V10", "10", -4_136, sections=_sections(("PARIS", "P2", -4_136)))]
    refund += [_vat(-414, "V10", "10", -4_136)]
    documents = (
        _own(1, first, title="Février"),
        _paid_by_company(2),
        _own(3, refund),
        _own(4, foreign),
        _own(5, again, entry=1, rank=1),
        _own(6, [_reversed(line) for line in (moved, *first[1:])], entry=1, rank=2),
        _own(7, texts, title=_LONG, name="Noé Lefèvre-Châteauneuf"),
        _own(8, extremes),
        _partly_covered(9, currency),
    )
    return Story(currency, documents, (_own(9, far, title="東京", name="Ștefan Żółć"),))


def misfits(story: Story) -> Iterator[FrozenDocument]:
    """Documents with a code that is too long or that few encodings hold: written whole or refused, never spoiled."""
    plain = story.documents[0]
    for value in ("9" * 60, "Ж雪", "A\r\nB", " A ", "=A1", "#MECG"):
        for name in ("journal", "report_number", "employee"):
            change: dict[str, Any] = {name: value}
            yield plain._replace(**change)
        for name in ("account", "general", "auxiliary", "tax_code", "type_code"):
            change = {name: value}
            yield plain._replace(lines=[line._replace(**change) for line in plain.lines])
        sections = _sections((value, "P1", 6_000), ("PARIS", "P1", 4_000))
        yield plain._replace(lines=[plain.lines[0]._replace(sections=sections), *plain.lines[1:]])


# --- documents -------------------------------------------------------------------------------------------------------


def _own(
    number: int, lines: list[FrozenLine], *, title: str = "", name: str = "Noé Lefèvre", entry: int = 0, rank: int = 0
) -> FrozenDocument:
    """A report paid with own money: one line owes the employee what the others add up to, if it is anything."""
    owed = sum(line.amount for line in lines)
    if owed:
        lines = [*lines, _line("employee", "421LEFEVRE", -owed)._replace(general="421000", auxiliary="LEFEVRE")]
    return _document(number, "expense_report", lines, title or f"Note {number}", name, entry or number, rank)


def _paid_by_company(number: int) -> FrozenDocument:
    """A hotel whose VAT is lost and a ticket at 0 %, each with its counterpart."""
    hotel = _expense("625600", 13_200, "V10", "10", 12_000, sections=_sections(("LYON", "P2", 13_200)))
    ticket = _expense("625100", 5_000, "V00", "0", 5_000, type_name="Billet de train")
    lines = [line for spent in (hotel, ticket) for line in (spent, _line("company", "512000", -spent.amount))]
    return _document(number, "company_paid", lines, "Carte de février", "Noé Lefèvre", number, 0)


def _partly_covered(number: int, currency: str) -> FrozenDocument:
    """What the company paid beyond the policy is an advance: of a hotel a part, of a minibar all, back by a refund."""
    hotel = [_expense("625600", 8_182, "V10", "10", 8_182, sections=_sections(("PARIS", "P1", 8_182)))]
    hotel += [_vat(818, "V10", "10", 8_182), _advance(3_000), _line("company", "512000", -12_000)]
    minibar = [_advance(1_500), _line("company", "512000", -1_500)]
    refund = [_expense("625600", -1_000), _advance(-500), _line("company", "512000", 1_500)]
    code = "USD" if currency != "USD" else "EUR"
    abroad = [_expense("625600", 4_600), _advance(4_600), _line("company", "512000", -9_200)]
    originals = (5_000, 5_000, -10_000)
    abroad = [line._replace(currency=code, original=o, rate="0.92") for line, o in zip(abroad, originals, strict=True)]
    lines = [*hotel, *minibar, *refund, *abroad]
    return _document(number, "company_paid", lines, "Au-delà du plafond", "Noé Lefèvre", number, 0)


def _advance(amount: int) -> FrozenLine:
    return _line("advance.account", "425000", amount)._replace(type_code="HOTEL", type_name="Hôtel", expense_id=1)


def _document(
    number: int, entry_type: str, lines: list[FrozenLine], title: str, name: str, entry: int, rank: int
) -> FrozenDocument:
    if sum(line.amount for line in lines) or any(not line.amount for line in lines):
        raise ValueError(f"document {number} of the story does not balance")
    days = ("2026-02-27", "2026-02-28", "2026")
    report = (f"ND{entry:04d}", title, "lefevre", name)
    return FrozenDocument(entry, rank + 1, rank, rank, "NDF", entry_type, *days, *report, lines, number)


def _fuel() -> list[FrozenLine]:
    """60.00 at 20 %, of whose VAT 80 % come back."""
    return [_expense("606100", 5_200, "V20", "20", 5_000, type_name="Carburant"), _vat(800, "V20", "20", 5_000)]


def _line(kind: str, account: str, amount: int) -> FrozenLine:
    return FrozenLine(
        kind, account, account, "", amount, "", "", None, "2026-02-26", "", "", "", "", None, "", "", None
    )


def _expense(
    account: str, amount: int, tax_code: str = "", vat_rate: str = "", base: int | None = None, *,
    type_name: str = "Restaurant", comment: str = "", sections: str = "",
) -> FrozenLine:  # fmt: skip
    return _line("expense", account, amount)._replace(
        tax_code=tax_code, vat_rate=vat_rate, base=base, type_code="MEAL", type_name=type_name, comment=comment,
        sections=sections, expense_id=1,
    )  # fmt: skip


def _vat(amount: int, tax_code: str, vat_rate: str, base: int) -> FrozenLine:
    line = _expense("445660", amount, tax_code, vat_rate, base)
    return line._replace(kind="vat")


def _reversed(line: FrozenLine) -> FrozenLine:
    parts = [[names, -amount] for names, amount in json.loads(line.sections or "[]")]
    base = None if line.base is None else -line.base
    return line._replace(amount=-line.amount, base=base, sections=json.dumps(parts) if parts else "")


def _sections(*parts: tuple[str, str, int]) -> str:
    return json.dumps([[{"centre": centre, "project": project}, amount] for centre, project, amount in parts])
