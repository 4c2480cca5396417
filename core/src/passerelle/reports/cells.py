"""Why a cell of a CSV line cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passerelle.errors import Finding
from passerelle.reports.faults import hinted, one_of, shown
from passerelle.reports.mapping import Forms


class CellFault(Exception):
    """A cell that cannot be used; ``finding`` says why, without the line."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def absent(column: str, name: str) -> Finding:
    """A cell that must hold something."""
    return Finding(
        "PSR-1002",
        "A field that must be stated is missing.",
        field=column,
        expected=f"a value, which becomes the expense's {name}",
        remedy="fill the cell in the rejects file and import that file with the same mapping",
        who="integrator",
    )


def unmapped(column: str, value: str, known: Mapping[str, str]) -> Finding:
    """A value that the value map does not name."""
    return Finding(
        "PSR-1021",
        "The value map of the mapping does not know a value.",
        field=column,
        value=shown(value),
        expected=one_of(known, "values of the map"),
        remedy=hinted(
            value, known, "add the value to the column's `map` in the mapping file, or say what `else` it is"
        ),
        who="integrator",
    )


def no_date(columns: Sequence[str], values: Sequence[str]) -> Finding:
    """A line without any date."""
    return Finding(
        "PSR-1022",
        "The line has no date, and the mapping names nothing to derive one from.",
        field=" / ".join(columns),
        value=" / ".join(values),
        expected="a date in one of these columns",
        remedy="write the date into the rejects file and import that file with the same mapping, or give `parts`",
        who="accountant",
    )


def bad_date(column: str, value: str, forms: Sequence[str]) -> Finding:
    """A date of no declared form, or no day of the calendar."""
    return Finding(
        "PSR-1023",
        "A date cannot be read.",
        field=column,
        value=shown(value),
        expected="a day of the calendar written as " + " or ".join(forms),
        remedy="correct the date, or add its form to the mapping file",
        who="integrator",
    )


def bad_number(column: str, value: str, forms: Forms) -> Finding:
    """A number of another form."""
    thousands = f', thousands mark "{forms.thousands_mark}"' if forms.thousands_mark else ", no thousands mark"
    return Finding(
        "PSR-1024",
        "A number cannot be read.",
        field=column,
        value=shown(value),
        expected=f'decimal mark "{forms.decimal_mark}"{thousands}, minus sign {" or ".join(forms.negative)}',
        remedy="correct the number, or the number form in the mapping file",
        who="integrator",
    )


def long_group(column: str, value: str, longest: int) -> Finding:
    """The name of a report that no report could bear."""
    return Finding(
        "PSR-1004",
        "A field does not have the form it must have.",
        field=column,
        value=shown(value),
        expected=f"at most {longest} characters, since it names the report",
        remedy="correct the cell, or group by another column or a period in the mapping file",
        who="integrator",
    )
