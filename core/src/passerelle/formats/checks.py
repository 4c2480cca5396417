"""What a format must hold as a whole: complete templates, records that have one measure and can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from passerelle.formats.faults import Faults, nearest
from passerelle.formats.language import LINE_KINDS
from passerelle.formats.recovery import line_recoveries
from passerelle.formats.resolve import Resolver
from passerelle.formats.shapes import Format, Shape, told_apart
from passerelle.ledger.line import ENTRY_TYPE_KINDS
from passerelle.masterdata.positions import Path


def check(form: Format, resolver: Resolver, has_fields: Mapping[str, bool]) -> None:
    """Adds to the resolver's faults what is wrong with ``form``; ``has_fields`` says so of each line kind to write."""
    faults = resolver.faults
    _cover(form, resolver, has_fields)
    if not resolver.broken:
        for shape in dict.fromkeys((form.header, *form.lines.values(), *form.analytic.values(), form.trailer)):
            if shape is not None:
                _measure(form, shape, faults)
        _alike(form, faults)
    if form.analytic and form.medium.layout != "tagged" and not faults and told_apart(form) is None:
        message = "Nothing tells an analytic record from a line record when the file is read back."
        expected = "a cell at one place with constants that differ"
        faults.add("PSR-5015", message, ("records", "analytic"), expected=expected)
    _names(form, resolver)
    if not faults:
        _proves(form, faults)


_PROVEN = (
    ({"general", "account"}, "the account", 'a field with var = "general" or var = "account", whole'),
    (
        {"amount"},
        "amounts with their sign",
        'var = "amount" signed, or in two fields with form = "debit" and form = "credit", '
        'or form = "unsigned" beside var = "side" with a map that tells debit from credit',
    ),
    ({"posting_day"}, "the posting day", 'a field with var = "posting_day" that holds day, month and year'),
)
"""What every file must give back, so that it can be compared with the ledger before it leaves."""


def _proves(form: Format, faults: Faults) -> None:
    """A file that cannot be compared with the ledger is never written."""
    told = line_recoveries(form)
    for names, what, expected in _PROVEN:
        if not names & set(told):
            message = f"Reading the file back does not give {what} of every line."
            faults.add("PSR-5016", message, ("records", "line"), expected=expected, remedy=_SAME_FOR_EVERY_KIND)


_SAME_FOR_EVERY_KIND = "write it in the same field, alone and whole, for every line kind"


def _cover(form: Format, resolver: Resolver, has_fields: Mapping[str, bool]) -> None:
    """Templates are complete per entry type, or absent."""
    for number, entry_type in enumerate(form.file.entries.writes):
        for kind in ENTRY_TYPE_KINDS[entry_type]:
            if kind not in has_fields:
                continue
            lack = "" if has_fields[kind] else "fields"
            if kind in resolver.labelled and kind not in resolver.labels:
                lack = "label"
            if lack:
                resolver.faults.add(
                    "PSR-5014",
                    f"{entry_type} entries hold {kind} lines, for which the format has no {lack}.",
                    ("entries", "writes", number),
                    value=entry_type,
                    expected=f"a template for {kind} too, or `omit` with a reason, or not to write {entry_type}",
                )


def _measure(form: Format, shape: Shape, faults: Faults) -> None:
    """One record: its flag, its widths."""
    medium, record = form.medium, shape.record
    path: Path = ("records", record)
    once = record in ("header", "trailer")
    if not shape.cells and not shape.flag:
        faults.add("PSR-5003", f"The {record} record has no field.", path, expected="fields")
    if medium.layout == "tagged":
        if bool(shape.flag) is (record == "header") or not shape.flag.startswith(medium.flag_prefix * bool(shape.flag)):
            expected = "no flag" if record == "header" else f"a flag that starts with {medium.flag_prefix}"
            message = f"The {record} record has a wrong flag."
            faults.add("PSR-5003", message, (*path, "flag"), value=shape.flag, expected=expected)
    elif shape.flag:
        faults.add("PSR-5003", "flag is for layout tagged.", (*path, "flag"), value=shape.flag)
    if medium.layout != "fixed":
        return
    for cell in shape.cells[: -1 if once else None]:
        if cell.width is None:
            faults.add("PSR-5009", f"Field {cell.name} needs a width in a fixed layout.", path, expected="width = N")
    total = sum(cell.width or 0 for cell in shape.cells)
    if not once and total != medium.record_length:
        message = f"The widths of the {record} record add up to {total}, not to {medium.record_length}."
        faults.add("PSR-5009", message, path, value=str(total), expected=f"record_length = {medium.record_length}")


def _alike(form: Format, faults: Faults) -> None:
    """Records that nothing but their line kind tells apart are cut into cells the same way."""
    for record, shapes in (("line", form.lines), ("analytic", form.analytic)):
        columns = {tuple(accumulate(cell.width or 0 for cell in shape.cells)) for shape in shapes.values()}
        counts = {len(shape.cells) for shape in shapes.values()}
        if len(counts) > 1 or (form.medium.layout == "fixed" and len(columns) > 1):
            message = f"The {record} records of different line kinds are not cut into the same cells."
            faults.add("PSR-5009", message, ("records", record), expected="the same number of fields and widths")
    counts = {len(shape.cells) for shape in (*form.lines.values(), *form.analytic.values())}
    if form.medium.layout == "delimited" and len(counts) > 1:
        message = "Line and analytic records differ in their number of cells."
        faults.add("PSR-5009", message, ("records", "analytic"), expected="as many cells in every row")


def _names(form: Format, resolver: Resolver) -> None:
    """Names that order, merge and omit use."""
    file = form.file
    for number, name in enumerate(file.order.documents):
        resolver.known(name, ("order", "documents", number), 1)
    for number, name in enumerate(file.merge.by if file.merge else ()):
        if resolver.known(name, ("merge", "by", number), 2) and name in ("number", "label"):
            message = f"Lines are not merged by {name}."
            expected = "variables of the entry's lines, as account, side or type"
            resolver.faults.add("PSR-5003", message, ("merge", "by", number), value=name, expected=expected)
    named: list[tuple[Path, str]] = [(("order", "lines", n), kind) for n, kind in enumerate(file.order.lines)]
    named += [(("merge", "kinds", n), kind) for n, kind in enumerate(file.merge.kinds if file.merge else ())]
    named += [(("entries", "omit", n, "kind"), omission.kind) for n, omission in enumerate(file.entries.omit)]
    named += [(("records", "line", "by_kind", kind), kind) for kind in file.records.line.by_kind]
    for path, kind in named:
        if kind not in LINE_KINDS:
            expected = nearest(kind, LINE_KINDS)
            resolver.faults.add("PSR-5013", f"There is no line kind {kind}.", path, value=kind, expected=expected)
