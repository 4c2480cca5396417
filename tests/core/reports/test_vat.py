"""VAT bases: completed half away from zero, the source's figure wins, and they add up or are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passerelle.errors import Finding
from passerelle.reports.expense import VatBase
from passerelle.reports.vat import vat_bases


def bases(gross: int, *given: dict[str, str], currency: str = "EUR") -> tuple[list[list[str | int]], list[str]]:
    findings: list[Finding] = []
    found = vat_bases([VatBase.model_validate(one) for one in given], gross, currency, "expense", findings)
    return found, [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("gross", "given", "expected", "codes"),
    [
        (12000, {"rate": "20", "net": "100.00", "vat": "20.00"}, ["20", 10000, 2000], []),
        (12000, {"rate": "20.0"}, ["20", 10000, 2000], []),
        (12000, {"rate": "20", "gross": "120.00"}, ["20", 10000, 2000], []),
        (12000, {"rate": "20", "net": "100.00"}, ["20", 10000, 2000], []),
        (-12000, {"rate": "20", "gross": "-120.00"}, ["20", -10000, -2000], []),
        (3, {"rate": "20", "gross": "0.03"}, ["20", 2, 1], []),  # 0.5 of a cent goes away from zero
        (12002, {"rate": "20", "net": "100.00", "vat": "20.02"}, ["20", 10000, 2002], []),
        (12003, {"rate": "20", "net": "100.00", "vat": "20.03"}, ["20", 10000, 2003], ["PSR-1111"]),
        (12000, {"rate": "20", "vat": "15.00"}, ["20", 10500, 1500], ["PSR-1111"]),
        (5000, {"rate": "0"}, ["0", 5000, 0], []),
    ],
)
def test_one_base(gross: int, given: dict[str, str], expected: list[str | int], codes: list[str]) -> None:
    assert bases(gross, given) == ([expected], codes)


@pytest.mark.parametrize(
    ("gross", "given", "code"),
    [
        (12000, [{"rate": "20", "net": "100.00", "vat": "19.99"}], "PSR-1110"),
        (12000, [{"rate": "20", "gross": "60.00"}, {"rate": "10", "gross": "59.00"}], "PSR-1110"),
        (12000, [{"rate": "20", "gross": "60.00"}, {"rate": "10"}], "PSR-1116"),
        (12000, [{"rate": "120", "gross": "120.00"}], "PSR-1116"),
        (12000, [{"rate": "20", "net": "100.00", "vat": "20.00", "gross": "121.00"}], "PSR-1116"),
        (10000, [{"rate": "20", "net": "120.00", "vat": "-20.00"}], "PSR-1117"),
        (1000, [{"rate": "20", "vat": "15.00"}], "PSR-1117"),
        (12000, [{"rate": "20", "net": "100.001", "vat": "20.00"}], "PSR-1116"),
    ],
)
def test_refused_bases(gross: int, given: list[dict[str, str]], code: str) -> None:
    assert bases(gross, *given)[1] == [code]


@given(st.integers(-(10**9), 10**9), st.sampled_from(["0", "2.1", "5.5", "10", "20", "25"]))
def test_a_computed_base_loses_no_cent_and_mirrors_its_refund(gross: int, rate: str) -> None:
    [[_, net, vat]], codes = bases(gross, {"rate": rate})
    [[_, back_net, back_vat]], _ = bases(-gross, {"rate": rate})
    assert codes == []
    assert int(net) + int(vat) == gross
    assert (int(back_net), int(back_vat)) == (-int(net), -int(vat))
