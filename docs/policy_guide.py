"""The page about the expense policy: a worked example, which a test runs, and the reference written from the models."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from passerelle.formats.reference import table
from passerelle.masterdata import mileage, policy
from passerelle.masterdata.company import Leave
from passerelle.reports.expense import Mileage
from passerelle.rules.trial import TrialExpense

_GUIDE = """\
<!-- Generated from docs/policy_guide.py and passerelle.masterdata.policy; `make docs` writes it again. -->
# The expense policy

A policy says what employees may spend and what the company pays back. It is part of `company.toml`: *profiles* tick the
expense types that may be declared, with what each may cost, and hold *rules* over lists of types. Without any profile
everything is allowed and covered whole.

Nothing is refused in silence. Every rule that looked at an expense leaves a *verdict*: the rule, its period, what it
counted, the threshold, the room left. `passerelle rules explain EXPENSE` prints them.

## An example

This file holds a policy and a few expenses. `passerelle rules check trial.toml` judges them without a database, so that
a policy can be tried before it is applied:

```toml
[entities.FR]
country = "FR"
currency = "EUR"
time_zone = "Europe/Paris"

[expense_types.LUNCH]
name = "Lunch"
kind = "guests"                       # each guest raises the thresholds by one share

[expense_types.HOTEL]
name = "Hotel"
kind = "quantity"                     # each night does

[expense_types.TAXI]
name = "Taxi"

[expense_types.CAR]
name = "Own car"
kind = "mileage"

[profiles.generic]
name = "Everyone"

[profiles.generic.types]
LUNCH = { count = [{ limit = 1, period = "day" }], cap = [{ period = "day", amounts = { EUR = 20 } }] }
HOTEL = { cap = [{ period = "day", amounts = { EUR = 140 } }] }
TAXI = { alert = [{ period = "month", amounts = { EUR = 150 } }] }
CAR = { mileage_scale = "FR" }

[profiles.generic.rules]
RECEIPTS = { kind = "receipt", types = ["HOTEL", "TAXI"], above = { EUR = 25 } }
LATE = { kind = "age", days = 90 }
ONE-WAY = { kind = "restriction", types = ["TAXI", "CAR"], limit = 1, period = "day" }

[profiles.sales]
name = "Sales"
types.LUNCH = { cap = [{ period = "day", amounts = { EUR = 35 } }] }    # instead of the generic set, whole

[employees.E001]
entity = "FR"

[employees.E002]
entity = "FR"
profile = "sales"

[[expenses]]
id = "lunch"
employee = "E001"
type = "LUNCH"
date = "2026-03-02"
amount = "18.50"

[[expenses]]
id = "second lunch"
employee = "E001"
type = "LUNCH"
date = "2026-03-02"
amount = "12.00"

[[expenses]]
id = "lunch with a client"
employee = "E002"
type = "LUNCH"
date = "2026-03-02"
amount = "82.00"
guests = 1

[[expenses]]
id = "two nights"
employee = "E001"
type = "HOTEL"
date = "2026-03-03"
amount = "300.00"
quantity = "2"
receipt = "R-17"

[[expenses]]
id = "drive"
employee = "E001"
type = "CAR"
date = "2026-03-05"
mileage = { distance = "120", power = 5 }
```

```console
$ passerelle rules check trial.toml
```

- *lunch* is covered: 18.50 of 20.00 EUR that day.
- *second lunch* is blocked: one lunch a day, and it is the second. It counts for nothing after that.
- *lunch with a client* is covered up to 70.00 EUR: 35.00 for each of two shares.
- *two nights* are covered up to 280.00 EUR: 140.00 for each.
- *drive* states no amount: the scale fills in 76.32 EUR, 120 km at 0.636.

## Abroad, in miles, on leave

Entities and employees say what the rules ask of them; a company may have its own scale, and rates by country:

```toml
[entities.UK]
country = "GB"
currency = "GBP"
time_zone = "Europe/London"
holiday_region = "SCT"                      # public holidays of Scotland; none: of the whole country
approval_steps = ["manager", "director"]    # two people approve, one after the other; default: one does

[employees.E003]
entity = "UK"
leave = [{ first = 2026-08-03, last = 2026-08-14 }]    # both days belong to it

[expense_types.CAR]
name = "Own car"
kind = "mileage"

[expense_types.PER-DIEM]
name = "Per diem"
kind = "quantity"                           # the quantity is the number of days

[mileage_scales.HOUSE]
name = "Rates of the house"
currency = "GBP"
unit = "mi"                                 # a trip stated in km is converted
year_start = "04-06"
rates = [
  { brackets = [{ up_to = 10000, rate = 0.40 }, { rate = 0.25, fixed = 1500 }] },
  { vehicle = "bicycle", brackets = [{ rate = 0.20 }] },
]

[profiles.generic]
name = "Everyone"

[profiles.generic.types]
CAR = { mileage_scale = "HOUSE" }
PER-DIEM = { flat_rate = [
  { amounts = { GBP = 30 } },
  { amounts = { GBP = 45 }, countries = ["FR", "DE"] },
] }

[profiles.generic.rules]
REST = { kind = "days", weekends = "alert", holidays = "block", leave = "block" }

[[expenses]]
id = "drive"
employee = "E003"
type = "CAR"
date = "2026-05-05"
mileage = { distance = "100", unit = "mi" }

[[expenses]]
id = "two days in Paris"
employee = "E003"
type = "PER-DIEM"
date = "2026-05-06"
country = "FR"
quantity = "2"

[[expenses]]
id = "day of leave"
employee = "E003"
type = "PER-DIEM"
date = "2026-08-05"
```

*drive* is paid 40.00 GBP and *two days in Paris* 90.00 GBP; *day of leave* is blocked. What a scale pays for a year's
distance is `rate` × the whole distance + `fixed` of the bracket it falls in: 1,500 makes both brackets meet at 10,000.

## How it is judged

1. Periods are those of the calendar, never rolling: day, week (Monday to Sunday), month, quarter, year of the expense's
   date.
2. Expenses are judged in the order of their first declaration; a correction keeps its place. What was approved is fixed
   and takes its room first.
3. A type that neither the employee's profile nor `generic` ticks cannot be declared. Where the profile ticks it with a
   set, that set holds, whole; ticked without a set, the type is free of control; else the generic set holds. Rules of
   both profiles apply.
4. The tightest verdict decides. *Block*: an own-money expense is refused alone and its report goes on without it; one
   that the company paid is accepted with nothing covered. *Cap*: what exceeds it is not paid back, and nobody can
   override it. *Alert*: it is shown to the declarer, the approver and the accountant.
5. A cap adds up what was granted, an alert what was declared. Each share beyond the first (a guest, a night) raises the
   threshold by one threshold.
6. A threshold in a currency judges what was spent in it; what was spent in another one is converted and judged by that
   of the entity's currency, which must be there.
7. A refund that names the expense it cancels (`cancels`) gives back what it returns, there and then. It is never
   blocked.

## Change a policy

Write the new profiles into a file and ask what they would have done:

```
passerelle rules simulate new-policy.toml --since 2026-01-01
passerelle config apply company.toml --dry-run
```

Applying it judges again what is not yet approved. What was approved stays as it was judged.

"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_GUIDE, *_reference()])


def _reference() -> Iterator[str]:
    models: tuple[tuple[str, str, type[BaseModel]], ...] = (
        ("A profile", "`[profiles.CODE]`:", policy.Profile),
        ("A type that is ticked", "`[profiles.CODE.types]`, by expense type:", policy.Ticked),
        ("A count limit", "Items of `count`:", policy.CountLimit),
        ("A threshold", "Items of `cap` and `alert`:", policy.Threshold),
        ("A flat rate", "Items of `flat_rate`:", policy.FlatRate),
        ("Restriction", '`[profiles.CODE.rules]`, `kind = "restriction"`:', policy.Restriction),
        ("Cap or alert over several types", '`kind = "cap"` or `kind = "alert"`:', policy.MultipleThreshold),
        ("Receipt", '`kind = "receipt"`:', policy.ReceiptRule),
        ("Comment", '`kind = "comment"`:', policy.CommentRule),
        ("Age", '`kind = "age"`:', policy.AgeRule),
        ("Future dates", '`kind = "future"`:', policy.FutureRule),
        ("Weekends, holidays, leave", '`kind = "days"`:', policy.DaysRule),
        ("A plugin's rule", '`kind = "plugin"`:', policy.PluginRule),
        ("A mileage scale", "`[mileage_scales.CODE]`; `FR` and `GB` are shipped:", mileage.MileageScale),
        ("A rate of a scale", "Items of `rates`:", mileage.MileageRate),
        ("A bracket", "Items of `brackets`:", mileage.Bracket),
        ("Leave", "Items of `employees.CODE.leave`:", Leave),
        ("An expense on trial", "`[[expenses]]`, for `passerelle rules check`:", TrialExpense),
        ("A trip", "`mileage` of an expense:", Mileage),
    )
    yield "# Reference\n"
    for title, where, model in models:
        yield f"## {title}\n\n{where} {' '.join((model.__doc__ or '').split())}\n"
        yield from table(model)
