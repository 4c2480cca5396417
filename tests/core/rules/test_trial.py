"""A file on trial: what it leaves out is filled in, and every fault of it is told at once, in its place."""

from __future__ import annotations

import pytest

from passerelle.errors import ConfigurationFault
from passerelle.rules.trial import ENTITY, OnTrial, Trial, read_trial

POLICY = """
[expense_types]
MEAL = {}
NIGHT = { kind = "quantity" }
[profiles.generic]
types.MEAL = {}
[employees]
E1 = {}
"""


def trial(expenses: str, policy: str = POLICY) -> Trial:
    return read_trial(policy + expenses, "trial.toml")


def only(expense: str, policy: str = POLICY) -> OnTrial:
    ((one,),) = trial(f"[[expenses]]\n{expense}", policy).expenses.values()
    return one


def told(expenses: str, policy: str = POLICY) -> list[tuple[str, int]]:
    with pytest.raises(ConfigurationFault) as fault:
        trial(expenses, policy)
    return [(one.code, one.place.line if one.place else 0) for one in fault.value.findings if one.severity == "error"]


def test_what_a_policy_does_not_ask_is_filled_in() -> None:
    company = trial("").company
    assert company.employees["E1"].entity == ENTITY
    entity = company.entities[ENTITY]
    assert (entity.country, entity.currency, entity.time_zone) == ("FR", "EUR", "Europe/Paris")
    assert company.expense_types["NIGHT"].kind == "quantity"


def test_numbers_and_days_are_written_as_toml_has_them_or_as_text() -> None:
    for date in ("2026-01-05", '"2026-01-05"'):
        for amount in ("12.5", '"12.50"'):
            one = only(f'employee = "E1"\ntype = "NIGHT"\ndate = {date}\namount = {amount}\nquantity = 2\nguests = 1')
            assert (one.declared.gross, one.declared.day, one.declared.quantity) == (1250, "2026-01-05", "2")
            assert one.declared.guests == 1


def test_an_unknown_field_is_told_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(ConfigurationFault) as fault:
        trial('[[expenses]]\nemployee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\namout = 18.50\n')
    (one,) = fault.value.findings
    assert (one.code, one.field) == ("PSR-1003", "amout")
    assert one.remedy.startswith("did you mean amount? If not, leave it out; `passerelle rules check --example`")
    assert {"employee", "amount", "vat", "control_cover"} <= set(one.expected.removeprefix("one of ").split(", "))


def test_guests_that_count_for_nothing_are_a_warning() -> None:
    read = trial('[[expenses]]\nemployee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\namount = 60\nguests = 3\n')
    assert [(one.code, one.field, one.place.line if one.place else 0) for one in read.warnings] == [
        ("PSR-1127", "guests", 14)
    ]


def test_a_missing_amount_is_told_with_what_could_fill_it_in() -> None:
    with pytest.raises(ConfigurationFault) as fault:
        trial('[[expenses]]\nemployee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\n')
    (one,) = fault.value.findings
    assert (one.code, one.field) == ("PSR-1002", "amount")
    assert "flat rate or a scale" in one.remedy


@pytest.mark.parametrize(
    ("written", "day", "place"),
    [
        ("", "2026-01-05", "2026-01-05T11:00:00.000001+00:00"),  # noon in Paris, then in the order of the file
        ("declared_at = 2026-01-09", "2026-01-09", "2026-01-09T11:00:00.000001+00:00"),
        ("declared_at = 2026-01-09T23:30:00Z", "2026-01-10", "2026-01-09T23:30:00.000000+00:00"),
        ("declared_at = 2026-01-09T23:30:00", "2026-01-09", "2026-01-09T22:30:00.000000+00:00"),  # the entity's zone
        ('declared_at = "2026-01-09T23:30:00+01:00"', "2026-01-09", "2026-01-09T22:30:00.000000+00:00"),
    ],
)
def test_it_is_declared_on_its_day_unless_the_file_says_when(written: str, day: str, place: str) -> None:
    declared = only(f'employee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\namount = 1\n{written}').declared
    assert (declared.declared_day, declared.place) == (day, (place, "#1"))


def test_who_paid_what_it_cancels_and_what_control_lowered() -> None:
    found = trial("""
        [[expenses]]
        id = "A"
        employee = "E1"
        type = "MEAL"
        date = 2026-01-05
        amount = 20
        payer = "company_card"
        comment = " "
        control_cover = 12.50
        [[expenses]]
        employee = "E1"
        type = "MEAL"
        date = 2026-01-06
        amount = -5
        currency = "USD"
        rate = 0.9
        cancels = "A"
        approved = true
        comment = "wine"
        """).expenses["E1"]
    (first, second) = (one.declared for one in found)
    assert (first.own_money, first.has_comment, first.control_cover) == (False, False, 1250)
    assert (second.cancels, second.entity_gross, second.comment, second.has_comment) == (first.id, -450, "wine", True)
    assert [one.given.approved for one in found] == [False, True]


def test_every_fault_of_the_file_is_told_at_once_in_its_place() -> None:
    lines = [
        "[[expenses]]",  # line 9
        'id = "A"',
        'employee = "E2"',
        'type = "MEEL"',
        "date = 2026-01-05",
        "amount = 1.234",
        "[[expenses]]",  # line 15
        'id = "A"',
        'employee = "E1"',
        'type = "MEAL"',
        "date = 2026-13-05",
        "[[expenses]]",
        "typ = 1",
    ]
    policy = POLICY.replace("types.MEAL = {}", "types.MEEL = {}")
    text = "\n".join(lines).replace("2026-13-05", '"2026-13-05"')
    assert told(text, policy) == [
        ("PSR-2020", 6), ("PSR-1101", 11), ("PSR-1103", 12), ("PSR-1107", 14), ("PSR-1004", 19),
        ("PSR-1002", 20), ("PSR-1002", 20), ("PSR-1002", 20), ("PSR-1003", 21),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        ('cancels = "B"\namount = -1', "PSR-3040", 14),
        ("control_cover = 1.234\namount = 1", "PSR-1107", 14),
        ("amount = 1\n[[expenses]]\nid = 'A'\nemployee = 'E1'\ntype = 'MEAL'\ndate = 2026-01-05", "PSR-3041", 16),
        ('amount = 1\ndeclared_at = "soon"', "PSR-1004", 15),
        ("amount = 1\ndeclared_at = 7", "PSR-1004", 15),
        ('amount = 1\ncurrency = "USD"', "PSR-1108", 9),
    ],
)
def test_what_only_such_a_file_can_get_wrong(more: str, code: str, line: int) -> None:
    head = '[[expenses]]\nid = "A"\nemployee = "E1"\ntype = "MEAL"\ndate = 2026-01-05\n'
    assert (code, line) in told(head + more)


def test_a_file_whose_expenses_are_no_list_says_so() -> None:
    assert told("[expenses]\nA = 1") == [("PSR-1004", 9)]


def test_a_whole_company_with_expenses_appended_is_read_as_it_is() -> None:
    company = """
        [entities.GB]
        name = "Ltd"
        country = "GB"
        currency = "GBP"
        time_zone = "Europe/London"
        chart = "uk"
        [charts.uk.accounts]
        6000 = { name = "Meals", role = "expense" }
        [axes.CENTRE]
        name = "Centre"
        sections = { A = { name = "A" } }
        [expense_types.MEAL]
        name = "Meal"
        accounts = { uk = "6000" }
        axes = ["CENTRE"]
        [profiles.generic]
        name = "All"
        types = { MEAL = {} }
        [employees.E1]
        name = "Ann"
        entity = "GB"
        [[expenses]]
        employee = "E1"
        type = "MEAL"
        date = 2026-01-05
        amount = 10
        """
    found = trial("", company)
    assert found.expenses["E1"][0].declared.currency == "GBP"  # and no split is asked for: no policy looks at it
    assert found.warnings == ()
