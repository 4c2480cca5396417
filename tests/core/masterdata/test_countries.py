"""Countries are those of ISO 3166-1: a code that nobody gave out is no country."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from passerelle.masterdata.company import Country
from passerelle.masterdata.countries import COUNTRIES

COUNTRY: TypeAdapter[str] = TypeAdapter(Country)


def test_every_country_of_the_standard_is_known() -> None:
    assert len(COUNTRIES) == 249
    assert {"FR", "GB", "CH", "GR", "RE", "GP", "NC", "MC"} <= COUNTRIES
    assert COUNTRY.validate_python("FR") == "FR"


@pytest.mark.parametrize("code", ["ZZ", "UK", "EL", "XX", "AN", "fr", "F", "FRA", ""])
def test_what_only_looks_like_a_country_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        COUNTRY.validate_python(code)
