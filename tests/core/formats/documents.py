"""Runs and documents to render: one entry by hand, and any that Hypothesis can think of."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from passerelle.errors import Finding
from passerelle.formats.document import Document, LineRow, SectionRow
from passerelle.formats.load import load_format
from passerelle.formats.shapes import Format
from passerelle.formats.writer import Writer, compile_format, render
from passerelle.ledger.line import ENTRY_TYPE_KINDS
from passerelle_generic_csv import GENERIC_CSV
from passerelle_sage import SAGE

SHIPPED = {**GENERIC_CSV.formats, **SAGE.formats}
RUN = ("FR01", "MA SOCIETE", "552100554", "EUR", "accounting", 7, "2026-01-31")
DAY = "2026-01-31"


def line(number: int, kind: str, account: str, amount: int, **others: object) -> LineRow:
    """A line; what is not given is as a plain line has it."""
    values: dict[str, object] = {
        "number": number, "kind": kind, "account": account, "general": account, "auxiliary": "", "amount": amount,
        "tax_code": "", "vat_rate": "", "base": 0, "day": DAY, "type": "", "type_name": "", "comment": "",
        "currency": "", "original": 0, "rate": "", "sections": (),
    }  # fmt: skip
    return tuple((values | others).values())  # type: ignore[arg-type]


def document(*lines: LineRow, piece: int = 1, report: str = "ND0001", entry_type: str = "expense_report") -> Document:
    """A document of the journal NDF."""
    values = (piece, "NDF", DAY, DAY, "2026", entry_type, report, "Mission", "E001", "Ève Martin", 0)
    return Document(values, list(lines))


REFERENCE = document(
    line(1, "expense", "625100", 10000, type="TAXI", type_name="Taxi", sections=(("cc", 1, "MKT", 10000),)),
    line(2, "vat", "445660", 2000, type="TAXI", type_name="Taxi"),
    line(3, "employee", "421001", -12000, general="421000", auxiliary="EMP001"),
)
"""The entry of all worked examples: a taxi of 100.00 and 20.00 VAT, on one section."""


def rendered(form: Format, *documents: Document, run: tuple[str | int, ...] = RUN) -> bytes:
    """The whole file."""
    return b"".join(render(compile_format(form, run), documents))


def findings(writer: Writer, wanted: Document) -> list[Finding]:
    """What keeps a document from being written."""
    found: list[Finding] = []
    assert writer.document(wanted, found) is None
    return found


def shipped(name: str, **settings: object) -> Format:
    """A shipped format under settings."""
    return load_format(SHIPPED[name], f"{name}.toml", settings=settings)


# --- whatever may come -----------------------------------------------------------------------------------------------

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
codes = st.text(_CAPITALS, min_size=1, max_size=6)
accounts = st.text("0123456789", min_size=3, max_size=9)
amounts = st.integers(-(10**9), 10**9).filter(bool)
iso_days = st.dates(date(1990, 1, 1), date(2060, 12, 31)).map(date.isoformat)
_odd = ["", "=1+1", "@SUM(A1)", "-2+3|cmd", "'=x", "#MECG", "!END", 'a;"b"', "tab\there", "a  b ", "x,y'z"]
_foreign = ["Œuvre d’été – 10 €", "e\u0301te\u0301", "Straße", "日本", "a\u00a0b", "soft\u00adhyphen"]
words = st.one_of(st.text(max_size=60), st.sampled_from(_odd + _foreign))


@st.composite
def sections(draw: st.DrawFn, amount: int) -> tuple[SectionRow, ...]:
    """A split of ``amount`` over up to three sections of one axis, which may have no place in the ERP."""
    count = draw(st.integers(0, 3))
    slot = draw(st.integers(0, 3))
    parts = [draw(st.integers(min(0, amount), max(0, amount))) for _ in range(count)]
    return tuple(("cc", slot, draw(codes), part) for part in parts)


@st.composite
def lines(draw: st.DrawFn, number: int, kind: str) -> LineRow:
    """A line of a kind."""
    amount = draw(amounts)
    foreign = draw(st.booleans())
    return line(
        number, kind, draw(accounts), amount, general=draw(accounts),
        auxiliary=draw(st.one_of(st.just(""), codes)), tax_code=draw(st.sampled_from(["", "D20"])),
        vat_rate=draw(st.sampled_from(["", "20", "5.5"])), base=draw(st.one_of(st.just(0), amounts)),
        day=draw(iso_days), type=draw(codes), type_name=draw(words), comment=draw(words),
        currency="JPY" if foreign else "",
        original=draw(amounts) if foreign else 0, rate="0.0061" if foreign else "", sections=draw(sections(amount)),
    )  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document of either entry type; it need not balance, since a format does not ask."""
    entry_type, kinds = draw(st.sampled_from(sorted(ENTRY_TYPE_KINDS.items())))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4))
    values = (
        draw(st.integers(1, 9_999_999)), draw(st.text(_CAPITALS, min_size=1, max_size=3)), draw(iso_days),
        draw(iso_days), "2026", entry_type, draw(codes), draw(words), draw(codes), draw(words), draw(st.integers(0, 3)),
    )  # fmt: skip
    return Document(values, [draw(lines(number, kind)) for number, kind in enumerate(chosen, 1)])
