"""What would change between two configurations: a company taken apart into objects, compared, told as a plan.

The objects are what the store keeps, one row each: entity, journal, chart, account, axis, section, expense type,
employee, connection, destination, export. What disappears from the configuration is deactivated, never deleted, and
comes back when it is named again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from passerelle.masterdata.company import Company
from passerelle.plan import Change, FieldChange, Plan, content_hash, counts_of

Body: TypeAlias = dict[str, Any]


class Key(NamedTuple):
    """What identifies an object: its kind, what it lives in (an entity, chart or axis; else empty), its code."""

    kind: str
    scope: str
    code: str

    @property
    def shown(self) -> str:
        """As a person reads it: ``401000``, or ``pcg/401000`` inside a chart."""
        return f"{self.scope}/{self.code}" if self.scope else self.code


# field of Company -> (kind, field of it whose members are objects of their own, their kind)
_TOP: dict[str, tuple[str, str, str]] = {
    "charts": ("chart", "accounts", "account"),
    "axes": ("axis", "sections", "section"),
    "entities": ("entity", "journals", "journal"),
    "expense_types": ("expense_type", "", ""),
    "mileage_scales": ("mileage_scale", "", ""),
    "profiles": ("profile", "", ""),
    "employees": ("employee", "", ""),
    "connections": ("connection", "", ""),
    "destinations": ("destination", "", ""),
    "exports": ("export", "", ""),
}
KINDS: tuple[str, ...] = tuple(kind for top, _, inner in _TOP.values() for kind in (top, inner) if kind)
"""Every kind of object, parents before what points to them."""


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object before and after; ``None`` where it is absent or inactive. ``dormant`` is what comes back to life."""

    operation: Literal["add", "change", "deactivate"]
    key: Key
    before: Body | None
    after: Body | None
    dormant: Body | None = None


def flatten(company: Company) -> dict[Key, Body]:
    """The company as objects of plain JSON values, defaults written out."""
    whole = company.model_dump(mode="json")
    objects: dict[Key, Body] = {}
    for field, (kind, inner, inner_kind) in _TOP.items():
        for code, body in whole[field].items():
            members = body.pop(inner) if inner else {}
            objects[Key(kind, "", code)] = body
            objects.update((Key(inner_kind, code, member), value) for member, value in members.items())
    return objects


def assemble(objects: Iterable[tuple[Key, Body]]) -> Company:
    """The company that these objects make up, in their order: the inverse of ``flatten``.

    The objects are trusted to have passed the checks of ``company`` once; checks of digits are not repeated. A member
    whose parent is absent is left out.
    """
    tops: dict[str, dict[str, Body]] = {kind: {} for kind, _, _ in _TOP.values()}
    inner: list[tuple[Key, Body]] = []
    for key, body in objects:
        if key.scope:
            inner.append((key, body))
        else:
            tops[key.kind][key.code] = dict(body)
    parents = {member: (kind, field) for kind, field, member in _TOP.values() if member}
    for kind, field in parents.values():
        for body in tops[kind].values():
            body[field] = {}
    for key, body in inner:
        kind, field = parents[key.kind]
        if key.scope in tops[kind]:
            tops[kind][key.scope][field][key.code] = body
    whole = {field: tops[kind] for field, (kind, _, _) in _TOP.items()}
    return Company.model_validate(whole, context={"trusted": True})


def compare(
    current: Company, wanted: Company, inactive: Mapping[Key, Body] | None = None
) -> tuple[list[ObjectChange], int]:
    """What turns ``current`` into ``wanted``, parents first, and how many objects stay as they are.

    ``inactive`` are the objects that were deactivated before, as they last were.
    """
    before, after = flatten(current), flatten(wanted)
    changes: list[ObjectChange] = []
    unchanged = 0
    for key, body in after.items():
        old = before.get(key)
        if old is None:
            changes.append(ObjectChange("add", key, None, body, (inactive or {}).get(key)))
        elif old != body:
            changes.append(ObjectChange("change", key, old, body))
        else:
            unchanged += 1
    changes.extend(ObjectChange("deactivate", key, old, None) for key, old in before.items() if key not in after)
    order = {kind: position for position, kind in enumerate(KINDS)}
    changes.sort(key=lambda change: (order[change.key.kind], change.operation == "deactivate"))
    return changes, unchanged


def plan_of(
    changes: Sequence[ObjectChange], unchanged: int, consequences: Mapping[Key, Sequence[str]] | None = None
) -> Plan:
    """The changes as a plan for a person, with what each means for the accounts."""
    told = tuple(
        Change(
            operation=change.operation,
            object=change.key.kind.replace("_", " "),
            id=change.key.shown,
            title=str((change.after or change.before or {}).get("name") or ""),
            fields=tuple(field_changes(change.before, change.after)) if change.operation == "change" else (),
            consequences=tuple((consequences or {}).get(change.key, ())),
        )
        for change in changes
    )
    counts = {**counts_of(told), "unchanged": unchanged}
    stays = "1 object stays as it is" if unchanged == 1 else f"{unchanged:,} objects stay as they are"
    summary = f"Would add {counts['add']:,}, change {counts['change']:,}, deactivate {counts['deactivate']:,}; {stays}."
    content = [[*change.key, change.operation, change.before, change.after] for change in changes]
    return Plan(told, counts, summary, content_hash(sorted(content, key=lambda row: row[:3])))


def field_changes(before: Body | None, after: Body | None) -> Iterator[FieldChange]:
    """Each field that differs, by its path, with its values as a person would write them."""
    old, new = dict(_leaves("", before or {})), dict(_leaves("", after or {}))
    for path in (*new, *(path for path in old if path not in new)):
        if old.get(path, "") != new.get(path, ""):
            yield FieldChange(path, old.get(path, ""), new.get(path, ""))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if path == "types":  # of a profile: even one without any control changes what may be declared
                yield f"{path}.{key}", "ticked"
            yield from _leaves(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, item in enumerate(value, start=1):
            yield from _leaves(f"{path}[{_own_name(item) or number}]", item)
    elif isinstance(value, list):
        yield path, ", ".join(map(_written, value))
    else:
        yield path, _written(value)


def _own_name(item: Any) -> str:
    """What tells an item of a list from the others, wherever it stands: so one added rule shows as one."""
    for names in (("country", "rate"), ("connection", "format"), ("iban",)):
        if isinstance(item, dict) and all(name in item for name in names):
            return " ".join(_written(item[name]) for name in names)
    return ""


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
