"""``passerelle doctor``: is this installation able to work? Failures come last, each with its remedy."""

from __future__ import annotations

import click

from passerelle.cli.answer import Answer, table
from passerelle.cli.command import Session
from passerelle.cli.command import command as answering
from passerelle.services.doctor import Check, examine

_home = click.Group("doctor")


@answering(_home, "doctor", answer=list[Check])
@click.option("--connect", "connecting", is_flag=True, help="Also open each destination (this leaves the machine).")
def command(session: Session, connecting: bool) -> Answer:
    """Check the installation: versions, connectors, database, artifacts, destinations.

    Nothing is changed and, without --connect, nothing leaves this machine. Exit code 1 when something failed.

    For instance:  passerelle doctor --connect
    """
    checks = sorted(examine(session.database_url, connecting=connecting), key=lambda check: check.state == "failed")
    findings = [finding for check in checks for finding in check.findings]
    failed = sum(check.state == "failed" for check in checks)
    text = table(["check", "state", "found"], [[check.name, check.state, check.detail] for check in checks])
    text += f"\n\n{failed} of {len(checks)} checks failed." if failed else f"\n\nAll {len(checks)} checks are fine."
    after = "passerelle reports list"
    if any(check.state == "skipped" for check in checks):
        after = "passerelle init"
    if failed:
        after = "passerelle doctor (once mended)"
    return Answer(checks, text, exit_code=1 if failed else 0, next=after, findings=findings)
