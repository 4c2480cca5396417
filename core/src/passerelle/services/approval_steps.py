"""Steps of an approval that were given while others are still to come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from passerelle.reports.lifecycle import Standing
from passerelle.services.lookups import entity_of
from passerelle.store.masterdata import Directory
from passerelle.store.report_life import LivingReport


class StepGiven(BaseModel):
    """So many reports of an entity got the step of this number and name; ``following`` is the name of the next."""

    model_config = ConfigDict(frozen=True)
    entity: str
    step: int
    of: int
    name: str
    following: str
    reports: int


def steps_given(entity: str, names: Sequence[str], reports: Mapping[int, int]) -> tuple[StepGiven, ...]:
    """``reports`` counts those that have got one more step, by how many they had; the last step is none of these."""
    return tuple(
        StepGiven(
            entity=entity,
            step=had + 1,
            of=len(names),
            name=names[had],
            following=names[had + 1],
            reports=reports[had],
        )
        for had in sorted(reports)
        if had + 1 < len(names)
    )


def steps_of(
    directory: Directory, before: Sequence[LivingReport], after: Mapping[int, Standing]
) -> tuple[StepGiven, ...]:
    """The same of reports and where those of them that changed stand now."""
    counts: dict[int, Counter[int]] = {}
    for one in before:
        had = one.standing.approval_steps
        if one.id in after and had < after[one.id].approval_steps:
            counts.setdefault(one.entity_id, Counter())[had] += 1
    given: tuple[StepGiven, ...] = ()
    for entity_id, reports in sorted(counts.items()):
        names = entity_of(directory, entity_id).approval_steps
        given += steps_given(directory.entity_code(entity_id), names, reports)
    return given
