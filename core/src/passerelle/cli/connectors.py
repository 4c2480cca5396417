"""``passerelle connectors``: what is installed, what it can do, what is broken."""

from __future__ import annotations

from dataclasses import dataclass

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.connector import Ability, Support
from passerelle.plugins import discover

_home = click.Group("connectors")
_WORDS = {Support.FULL: "yes", Support.NOT_BUILT: "not built", Support.UNSUPPORTED: "no (the ERP)"}


@dataclass(frozen=True)
class Installed:
    """One connector: ``abilities`` says of each how far it reaches."""

    name: str
    title: str
    distribution: str
    formats: tuple[str, ...]
    abilities: dict[str, str]


@answering(_home, "connectors", answer=list[Installed])
def command(session: Session) -> Answer:
    """List the installed connectors, their formats and abilities. A broken one is named and left out.

    "not built" is a gap of Passerelle; "no (the ERP)" is what the accounting software itself cannot do.

    For instance:  passerelle connectors
    """
    plugins = discover()
    data = [
        Installed(
            connector.name,
            connector.title,
            plugins.distributions[connector.name],
            tuple(connector.formats),
            {ability.value: connector.abilities.get(ability, Support.NOT_BUILT).value for ability in Ability},
        )
        for connector in plugins.connectors.values()
    ]
    headings = ["ability", *(connector.name for connector in data)]
    rows = [
        [ability.value.replace("_", " "), *(_WORDS[Support(connector.abilities[ability.value])] for connector in data)]
        for ability in Ability
    ]
    named = [[c.name, c.title, ", ".join(c.formats), c.distribution] for c in data]
    text = "No connector is installed."
    if data:
        text = table(["connector", "for", "formats", "distribution"], named) + "\n\n" + table(headings, rows)
    code = 1 if plugins.broken else 0
    return Answer(data, text, exit_code=code, findings=plugins.broken, next="passerelle formats list")
