"""The judge: the expenses of one employee in, in any order; a judgement of each open one out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from passerelle.masterdata.company import Company, Leave
from passerelle.rules.contract import PolicyRule
from passerelle.rules.declared import Declared, Judgement


class Policy:
    """What holds for the employees of one entity who have one profile; compiled once, used for all of them.

    Without any profile in the company everything is allowed and covered whole (refunds by what is left of the expense
    they name).
    """

    def __init__(
        self,
        company: Company,
        entity: str,
        profile: str | None,
        plugin_rules: Mapping[str, PolicyRule] | None = None,
    ) -> None:
        raise NotImplementedError

    def window(self, type_code: str, day: date) -> tuple[date, date]:
        """The first and last day of the expenses that bear on the judgement of one of this type and day."""
        raise NotImplementedError

    def judge(self, expenses: Iterable[Declared], leave: tuple[Leave, ...] = ()) -> Iterator[Judgement]:
        """Judges the open expenses of one employee, all that bear on them being among ``expenses``."""
        raise NotImplementedError
