"""Monthly limits with verdicts expected by others: the cases of a public tool that watches Brazil's deputies.

Each line states a deputy, a budget line, a month, an amount, and whether that tool must report it as above the month's
limit. Here the limits are a policy: one cap a month for each budget line, with the days it was valid. A line is
"above" when the policy does not cover it whole.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from passerelle import money
from passerelle.masterdata.company import Company
from passerelle.rules.declared import Declared, Judgement
from passerelle.rules.judging import Policy

# budget line -> (first day, last day, limit in BRL), as the Chamber set them
LIMITS = {
    "120": [("2013-12-01", "2015-03-31", 10_000), ("2015-04-01", "2017-04-30", 10_900), ("2017-05-01", None, 12_713)],
    "122": [("2013-12-01", "2015-03-31", 2_500), ("2015-04-01", None, 2_700)],
    "3": [("2009-07-01", "2015-03-31", 4_500), ("2015-04-01", "2015-09-30", 4_900), ("2015-10-01", None, 6_000)],
    "8": [("2009-07-01", "2014-03-31", 4_500), ("2014-04-01", "2015-03-31", 8_000), ("2015-04-01", None, 8_700)],
    "137": [("2015-10-01", None, Decimal("7697.16"))],
}


def _company() -> Company:
    types = {
        code: {
            "cap": [
                {"period": "month", "amounts": {"BRL": limit}, "valid_from": first, "valid_until": last}
                for first, last, limit in limits
            ]
        }
        for code, limits in LIMITS.items()
    }
    return Company.model_validate(
        {
            "entities": {
                "BR": {
                    "name": "Câmara dos Deputados",
                    "country": "BR",
                    "currency": "BRL",
                    "time_zone": "America/Sao_Paulo",
                    "chart": "BR",
                }
            },
            "charts": {"BR": {"accounts": {}}},
            "expense_types": {code: {"name": f"Subcota {code}", "accounts": {}} for code in LIMITS},
            "profiles": {"generic": {"name": "Deputados", "types": types}},
        }
    )


def _expense(position: int, row: dict[str, str]) -> Declared:
    gross = money.minor(Decimal(row["net_value"]), "BRL")
    day = row["issue_date"]
    place = (f"{day}T12:00:00+00:00", f"{position:03d}")
    return Declared(
        position, place, "open", row["subquota_number"], day, day, "BR", "BRL", gross, gross, True, "", 0, True, True,
        None, "", False, None,
    )  # fmt: skip


def _judged(rows: list[dict[str, str]]) -> dict[int, Judgement]:
    policy = Policy(_company(), "BR", None)
    of_deputy = defaultdict(list)
    for position, row in enumerate(rows):
        of_deputy[row["applicant_id"]].append(_expense(position, row))
    return {one.id: one for expenses in of_deputy.values() for one in policy.judge(expenses)}


def test_every_line_has_the_verdict_that_others_expect(shared_data: Path) -> None:
    path = shared_data / "expenses" / "br_policy_rules" / "monthly_subquota_limit_classifier.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    judged = _judged(rows)
    expected = [row["expected_prediction"] == "True" for row in rows]
    assert len(rows) == 85
    assert sum(expected) == 19
    assert [judged[position].covered < judged[position].gross for position in range(len(rows))] == expected
