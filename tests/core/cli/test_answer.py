"""Tables for eyes."""

from __future__ import annotations

import pytest

from passerelle.cli.answer import folded, printable, table


def test_columns_are_as_wide_as_their_widest_cell_and_amounts_stand_right() -> None:
    assert table(["account", "debit"], [["625100", "9.00"], ["4", "1,200.00"]], right=frozenset({1})) == (
        "account     debit\n-------  --------\n625100       9.00\n4        1,200.00"
    )


def test_no_row_is_no_table_and_a_missing_cell_is_an_error() -> None:
    assert table(["account"], []) == ""
    with pytest.raises((ValueError, IndexError)):
        table(["account", "debit"], [["625100"]])


def test_what_a_terminal_would_obey_is_shown_as_harmless_text() -> None:
    hostile = "a\x1b[2Jb\x9bc\u202ed"
    shown = table(["title"], [[hostile]])
    assert not set("\x1b\x9b\u202e") & set(shown)
    assert printable("déjà vu\u00a0!\n\t") == "déjà vu\u00a0!\n\t"


def test_words_of_others_stay_on_their_line() -> None:
    assert folded("no\r\n\tND1  paid\u2028x") == "no ND1  paid x"
    assert table(["title", "by"], [["a\nb\tc", "d"]]).splitlines()[2] == "a b c  d"
