"""Whether the expense policy fits the company: types, scales, currencies, public holidays, what cannot be told apart.

A threshold must hold the currency of every entity whose employees it can concern, since an expense in a currency
without a threshold is judged by the entity-currency one: so no currency escapes. The generic control set of a type
concerns nobody whose profile ticks that type, with or without a set; generic rules concern everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from passerelle.masterdata.company import Company, Entity
from passerelle.masterdata.faults import Fault, nearest
from passerelle.masterdata.mileage import SHIPPED, MileageScale, shipped_scale
from passerelle.masterdata.policy import (
    GENERIC,
    DaysRule,
    FlatRate,
    MultipleThreshold,
    PluginRule,
    Profile,
    ReceiptRule,
    Restriction,
    Rule,
    Ticked,
)
from passerelle.masterdata.positions import Path
from passerelle.masterdata.references import References, fault_at, repeated
from passerelle.masterdata.scale_consistency import scale_faults


def policy_faults(check: References) -> Iterator[Fault]:
    """Every fault of profiles and mileage scales, and of what entities and employees say of the policy."""
    company = check.company
    for code, scale in company.mileage_scales.items():
        yield from scale_faults(("mileage_scales", code), scale)
    used = _used(company)
    for code, profile in company.profiles.items():
        yield from _profile(check, code, profile, used)
    for code, employee in company.employees.items():
        if employee.profile is not None:
            yield from check.known(("employees", code, "profile"), employee.profile, "profiles", company.profiles)
    for code, entity in company.entities.items():
        yield from _holidays(company, code, entity, used[code])
    yield from _uncovered(company, used)


def _used(company: Company) -> dict[str, set[str | None]]:
    """Of each entity, the profiles of its employees; ``None`` also where it has no employee yet."""
    used: dict[str, set[str | None]] = {code: set() for code in company.entities}
    for employee in company.employees.values():
        if employee.entity in used:
            used[employee.entity].add(employee.profile)
    return {code: profiles or {None} for code, profiles in used.items()}


def _profile(check: References, code: str, profile: Profile, used: Mapping[str, set[str | None]]) -> Iterator[Fault]:
    path: Path = ("profiles", code)
    entities = [entity for entity, profiles in used.items() if code == GENERIC or code in profiles]
    own = "give the employees of {entity} a profile of their own"
    for type_code, ticked in profile.types.items():
        here: Path = (*path, "types", type_code)
        yield from check.known(here, type_code, "expense_types", check.company.expense_types, on_key=True)
        concerned, way_out = entities, own
        if code == GENERIC:
            concerned = [one for one in entities if any(_inherits(check, each, type_code) for each in used[one])]
            way_out = f"give every employee of {{entity}} a profile that ticks {type_code}"
        for name in ("cap", "alert", "flat_rate"):
            for position, threshold in enumerate(getattr(ticked, name)):
                amounts: Path = (*here, name, position, "amounts")
                yield from _currencies(check.company, amounts, threshold.amounts, concerned, way_out)
        yield from _filled_in(check, here, type_code, ticked, concerned, way_out)
    way_out = "move the rule from generic into a profile for each currency" if code == GENERIC else own
    for name, rule in profile.rules.items():
        yield from _rule(check, (*path, "rules", name), rule, entities, way_out)


def _inherits(check: References, profile: str | None, type_code: str) -> bool:
    """Whether the generic control set of a type holds for employees of a profile: not where it ticks the type."""
    if profile is None:
        return True
    own = check.company.profiles.get(profile)
    return check.whole("profiles", profile) if own is None else type_code not in own.types


def _filled_in(
    check: References, path: Path, code: str, ticked: Ticked, entities: Sequence[str], way_out: str
) -> Iterator[Fault]:
    """What fills amounts in: a mileage scale on mileage types, flat rates on the others."""
    expense_type = check.company.expense_types.get(code)
    kind = expense_type.kind if expense_type is not None else None
    if ticked.mileage_scale is not None:
        here: Path = (*path, "mileage_scale")
        known = (*check.company.mileage_scales, *(SHIPPED - check.company.mileage_scales.keys()))
        yield from check.known(here, ticked.mileage_scale, "mileage_scales", known)
        if kind not in (None, "mileage"):
            yield fault_at(
                here,
                "PSR-2100",
                f'Type "{code}" is of kind {kind}: a mileage scale has no distance to value there.',
                ticked.mileage_scale,
                "a mileage scale on types of kind mileage only",
                f'remove it, or give expense type "{code}" kind = "mileage"',
            )
        yield from _scale_currency(check, here, ticked.mileage_scale, entities, way_out)
    if ticked.flat_rate and (kind == "mileage" or ticked.mileage_scale is not None):
        why = "is of kind mileage" if kind == "mileage" else "has a mileage scale"
        yield fault_at(
            (*path, "flat_rate"),
            "PSR-2102",
            f'Type "{code}" {why}: a flat rate would fill in the same amount.',
            "",
            "a flat rate on types that are not valued by their distance",
            "remove the flat rate; an own mileage scale may have one rate per kilometre",
        )
    yield from _ambiguous((*path, "flat_rate"), ticked.flat_rate)


def _scale_currency(check: References, path: Path, code: str, entities: Sequence[str], way_out: str) -> Iterator[Fault]:
    scale = _scale(check, code)
    if scale is None:
        return
    for entity in entities:
        currency = check.company.entities[entity].currency
        if currency != scale.currency:
            yield fault_at(
                path,
                "PSR-2101",
                f'Mileage scale "{code}" is in {scale.currency}, entity "{entity}" in {currency}.',
                code,
                f"a scale in {currency} for the employees of {entity}",
                f"name a scale in {currency}, or {way_out.format(entity=entity)}",
            )


def _scale(check: References, code: str) -> MileageScale | None:
    """The company's own scale of a code, else the shipped one; ``None`` also when its own could not be read."""
    own = check.company.mileage_scales.get(code)
    return own or (shipped_scale(code) if check.whole("mileage_scales", code) else None)


def _ambiguous(path: Path, rates: Sequence[FlatRate]) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(enumerate(rates, start=1), 2):
        shared = sorted({*one.countries} & {*other.countries})
        if not one.overlaps(other) or not (shared or not (one.countries or other.countries)):
            continue
        where = ", ".join(shared) or "countries that no flat rate names"
        yield fault_at(
            (*path, second - 1),
            "PSR-2103",
            f"Flat rates {first} and {second} both hold on the same days for {where}.",
            "",
            "one flat rate a day for each country",
            "end the earlier one with valid_until before the later one begins, or name other countries",
        )


def _currencies(
    company: Company, path: Path, amounts: Mapping[str, Decimal], entities: Sequence[str], way_out: str
) -> Iterator[Fault]:
    lacking: dict[str, str] = {}
    for entity in entities:
        lacking.setdefault(company.entities[entity].currency, entity)
    for currency, entity in lacking.items():
        if currency not in amounts:
            yield fault_at(
                path,
                "PSR-2104",
                f'No amount is in {currency}, the currency of entity "{entity}".',
                "",
                f"an amount in {currency}: other currencies without one are judged by it, converted",
                f"add {currency} = …, or {way_out.format(entity=entity)}",
            )


def _without_effect(path: Path, rule: DaysRule) -> Iterator[Fault]:
    if {rule.weekends, rule.holidays, rule.leave} == {"allow"}:
        yield fault_at(
            path,
            "PSR-2115",
            "The rule allows weekends, public holidays and leave: it has no effect.",
            "",
            'weekends, holidays or leave = "alert" or "block"',
            "say what is not allowed, or remove the rule: no rule takes back what another one forbids",
            severity="warning",
        )


def _rule(check: References, path: Path, rule: Rule, entities: Sequence[str], way_out: str) -> Iterator[Fault]:
    for position, code in enumerate(rule.types):
        yield from check.known((*path, "types", position), code, "expense_types", check.company.expense_types)
    yield from repeated((*path, "types"), rule.types, "The rule lists this type twice.")
    if isinstance(rule, MultipleThreshold):
        yield from _currencies(check.company, (*path, "amounts"), rule.amounts, entities, way_out)
    elif isinstance(rule, ReceiptRule) and rule.above:
        yield from _currencies(check.company, (*path, "above"), rule.above, entities, way_out)
    elif isinstance(rule, DaysRule):
        yield from _without_effect(path, rule)


# --- what entities must say for it ------------------------------------------------------------------------------------


def _holidays(company: Company, code: str, entity: Entity, used: set[str | None]) -> Iterator[Fault]:
    asked = any(
        isinstance(rule, DaysRule) and {rule.weekends, rule.holidays} != {"allow"}
        for name, profile in company.profiles.items()
        if name == GENERIC or name in used
        for rule in profile.rules.values()
    )
    region = entity.holiday_region
    if not asked and region is None:
        return
    regions = _regions(entity.country)  # loads the library, which is large: only when it matters
    if regions is None:
        yield fault_at(
            ("entities", code, "country" if region is None else "holiday_region"),
            "PSR-2109",
            f"The weekends and public holidays of {entity.country} are not known.",
            entity.country if region is None else region,
            "a country whose calendar is known, where a rule on days concerns the entity",
            "upgrade the library holidays; until then let the rules on days allow weekends and holidays there",
        )
    elif region is not None and region not in regions:
        guess = nearest(region, regions)
        yield fault_at(
            ("entities", code, "holiday_region"),
            "PSR-2108",
            f'"{region}" is not a region of {entity.country} with public holidays of its own.',
            region,
            f"one of: {', '.join(sorted(regions))}" if regions else f"none: {entity.country} has no such regions",
            f'did you mean "{guess}"?' if guess else "remove it: the holidays of the whole country hold then",
        )


def _regions(country: str) -> frozenset[str] | None:
    """The regions with public holidays of their own; ``None`` when the country's are not known."""
    import holidays

    try:
        known = holidays.country_holidays(country)
    except NotImplementedError:
        return None
    return frozenset(known.subdivisions) | frozenset(getattr(known, "subdivisions_aliases", {}))


def _uncovered(company: Company, used: Mapping[str, set[str | None]]) -> Iterator[Fault]:
    """Entities where the policy may refuse what the company paid, and no account takes that part."""
    held = {
        code
        for code, entity in company.entities.items()
        if entity.accounts.advance is None and any(one.kind == "company_paid" for one in entity.journals.values())
    }
    if not company.profiles or not held:
        return
    for code in company.entities:
        if code in held and any(_refuses(company, profile) for profile in used[code]):
            yield fault_at(
                ("entities", code, "accounts", "advance"),
                "PSR-2113",
                "The policy may leave part of a company-paid expense uncovered, and no account is named for it.",
                "",
                "advance = an account with role advance",
                "add advance to the accounts of the entity; until then such reports are held back",
                severity="warning",
            )


def _refuses(company: Company, profile: str | None) -> bool:
    """Whether anything that holds for a profile's employees can block an expense or cover it in part."""
    both = [company.profiles[code] for code in (GENERIC, profile) if code in company.profiles]
    ticked = {
        code: one for each in both for code, one in each.types.items()
    }  # the profile's own stand before generic's
    return (
        not ticked.keys() >= company.expense_types.keys()
        or any(one.count or one.cap or one.flat_rate or one.mileage_scale for one in ticked.values())
        or any(_blocks(rule) for each in both for rule in each.rules.values())
    )


def _blocks(rule: Rule) -> bool:
    if isinstance(rule, Restriction | PluginRule):
        return True
    if isinstance(rule, MultipleThreshold):
        return rule.kind == "cap"
    if isinstance(rule, DaysRule):
        return "block" in (rule.weekends, rule.holidays, rule.leave)
    return rule.consequence == "block"
