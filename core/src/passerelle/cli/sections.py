"""``passerelle reports sections``: what an employee may choose on an axis."""

from __future__ import annotations

from datetime import datetime

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.plan import counted
from passerelle.services.sections import Offer, SectionOffered, offered_sections

commands = click.Group("reports")


@answering(
    commands,
    "sections",
    answer=Offer,
    help="List the sections that an employee may choose on an axis: those that hold on the day, that they have a right "
    "to and, with --under, that belong to what was chosen on a related axis.\n\n"
    "Example:  passerelle reports sections --employee E001 --axis PROJECT --under CLIENT=ACME",
)
@click.option("--employee", required=True, help="Who declares (code).")
@click.option("--axis", required=True, help="The axis (code).")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the expense; today if not given.")
@click.option(
    "--under", multiple=True, metavar="AXIS=SECTION", help="What was chosen on another axis; may be repeated."
)
def sections(session: Session, employee: str, axis: str, day: datetime | None, under: tuple[str, ...]) -> Answer:
    """The offer."""
    pairs = [one.partition("=") for one in under]
    if not all(name and equals and code for name, equals, code in pairs):
        raise click.UsageError("--under takes AXIS=SECTION, as CLIENT=ACME.")
    chosen = {name: code for name, _, code in pairs}
    on = day.date() if day is not None else None
    offer = offered_sections(session.database, session.clock, employee, axis, on, chosen)
    rows = [[one.code, one.name, ", ".join(one.parents), _validity(one)] for one in offer.sections]
    heading = f"{employee} may choose {counted(len(rows), 'section')} of {axis} on {offer.date}"
    heading += "".join(f", with {name} {code}" for name, code in offer.under.items()) + "."
    text = "\n\n".join(filter(None, [heading, table(["section", "name", "belongs to", "holds"], rows)]))
    return Answer(offer, text=text, next="passerelle reports schema")


def _validity(one: SectionOffered) -> str:
    begins = f"from {one.valid_from}" if one.valid_from else ""
    ends = f"until {one.valid_until}" if one.valid_until else ""
    return " ".join(filter(None, (begins, ends)))
