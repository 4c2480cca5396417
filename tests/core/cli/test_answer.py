"""Tables for eyes."""

from __future__ import annotations

import pytest

from passerelle.cli.answer import table


def test_columns_are_as_wide_as_their_widest_cell_and_amounts_stand_right() -> None:
    assert table(["account", "debit"], [["625100", "9.00"], ["4", "1,200.00"]], right=frozenset({1})) == (
        "account     debit\n-------  --------\n625100       9.00\n4        1,200.00"
    )


def test_no_row_is_no_table_and_a_missing_cell_is_an_error() -> None:
    assert table(["account"], []) == ""
    with pytest.raises((ValueError, IndexError)):
        table(["account", "debit"], [["625100"]])
