"""The page about mapping files: a worked example, which a test runs, and the reference written from the models."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from passerelle.formats.reference import table
from passerelle.reports import mapping

_GUIDE = """\
<!-- Generated from docs/mappings_guide.py and passerelle.reports.mapping; `make docs` writes it again. -->
# Mapping files: any CSV as expense reports

A mapping file says in TOML how the columns of one source's CSV become expenses, and how expenses become reports. It is
checked whole before a line is read; each fault is told with its line. `passerelle reports schema --mapping` prints its
JSON Schema for your editor.

## An example

A travel agency sends this file, in the encoding of Windows, as `trips.csv`:

```csv
Booking;Who;Departure;Booked on;What;Gross;VAT 10 %;Paid by;Centre
T-1;E001;03/02/2026;28/01/2026;RAIL;1 088,00;98,91;traveller;COM
T-2;E001;;04/02/2026;RAIL;-88,00;-8,00;traveller;COM
T-3;E002;10/02/2026;01/02/2026;HOTEL BAR;64,00;;agency;DIR
T-4;E002;soon;01/02/2026;RAIL;45,00;;traveller;
```

This is `trips.toml`, for the company that `passerelle init` writes:

```toml
version = 1
name = "agency"             # the source; keep it, since lines are known by it
entity = "lumen"
encoding = "cp1252"
delimiter = ";"

[forms]
dates = ["DD/MM/YYYY"]
decimal_mark = ","
thousands_mark = " "

[report]
period = "month"            # one report per employee and month of the expense
title = "Agency {period} {employee}"

[columns]
id = { column = "Booking" }
employee = { column = "Who" }
type = { column = "What", map = { RAIL = "train" }, else = "meal" }
date = { column = "Departure", fallback = ["Booked on"] }
amount = { column = "Gross" }
payer = { column = "Paid by", map = { traveller = "employee", agency = "company" } }
sections = { centre = { column = "Centre" } }
vat = [{ rate = { constant = "10" }, vat = { column = "VAT 10 %" }, gross = { column = "Gross" } }]
```

Try it, then do it:

```console
$ passerelle reports import trips.csv --mapping trips.toml --dry-run
$ passerelle reports import trips.csv --mapping trips.toml --rejects refused.csv
```

- T-1 and T-2 join one report of Camille's February; T-2 has no departure, so its date is that of the booking, and the
  expense says that its date was derived.
- T-3 was paid by the company, so it joins a report of its own kind. Its VAT cell is empty: the VAT is computed.
- T-4 is refused: `soon` is no date (`PSR-1023`). It stands in `refused.csv` as it came, with the code, the reason and
  the id in three more columns. Mend the cell and import `refused.csv` with the same mapping.

Nothing is overwritten: a rejects file that is there, perhaps half mended, is kept beside the new one as `refused.csv.1`
(then `.2`, …), and any other file of that name is refused (`PSR-1217`). Refused JSON Lines carry no mark, so for them
the name must be new, or its file empty.

Importing a file again changes nothing: T-1 is known. A known line that comes again with other content is not taken
(`PSR-1203`), for a line is added, never changed: it is counted apart with its amount, goes to the rejects file, and
stops a `--strict` import. Correct it by a refund and a new line.

## What happens to a cell

1. The first of `column` and its `fallback` columns that is not empty is taken, or the `constant`. Spaces around it do
   not count, unless `strip = false`. What counts as empty is the empty cell, and what `empty` lists.
2. Parts of it are replaced as `replace` says, in its order.
3. `map` gives our value for it; for a value that it does not name, `else`, and without `else` the line is refused.
4. A number is read in the form of `[forms]` and in no other: with `decimal_mark = ","`, `1.088` is refused, never
   read as a thousand or as one. Codes are text, all digits or not.

Everything else, such as amounts with more decimals than their currency, is checked as for `passerelle reports schema`.

## What becomes a report

Lines are *grouped*: one report per employee and `period`, or per employee and value of a `column`; what the company
paid is apart from what the employee paid. A new line joins the open report of its group, or the next one of that group
once it is approved. Nothing is ever withdrawn. Use JSON Lines where the source knows whole reports and their revisions.

## Derived ids

A source without ids gives `id = { hash = ["Who", "Departure", "Gross"] }`: the id is derived from these cells. Two true
repetitions would be one expense, so say `occurrence = true` where they happen: equal lines of one file are counted, and
must always come in one file. The rejects file carries the derived id, so a mended line keeps it.

## Encodings

Refused lines are handed back byte by byte, so the encoding must be one that keeps every byte: UTF-8, or an encoding of
single bytes such as `cp1252`. Save UTF-16 (Excel's *Unicode text*) as *CSV UTF-8* first.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_GUIDE, *_reference()])


def _reference() -> Iterator[str]:
    models: tuple[tuple[str, str, type[BaseModel]], ...] = (
        ("The file", "Keys at the top of a mapping file.", mapping.MappingFile),
        ("Forms", "`[forms]`:", mapping.Forms),
        ("Reports", "`[report]`:", mapping.Grouping),
        ("Columns", "`[columns]`:", mapping.Columns),
        ("A source", "What most columns are:", mapping.From),
        ("A derived id", "`columns.id`, where the source has no ids:", mapping.HashedId),
        ("A date", "`columns.date`:", mapping.DateFrom),
        ("Parts of a date", "`columns.date.parts`:", mapping.DateParts),
        ("A VAT base", "Items of `columns.vat`:", mapping.VatFrom),
    )
    yield "# Reference\n"
    for title, where, model in models:
        yield f"## {title}\n\n{where} {' '.join((model.__doc__ or '').split())}\n"
        yield from table(model)
