"""Every error of Passerelle: one tree, branched by what the caller does next.

    PasserelleError            carries findings; never a secret
    ├── Refused                the input or the state is at fault; nothing was changed      exit 1
    ├── UsageFault             the command was typed wrongly                                exit 2
    ├── ConfigurationFault     configuration or credentials are at fault                    exit 3
    ├── OutsideRefused         a server or disk refused or is away; nothing left us         exit 4
    ├── OutcomeUnknown         something may have left; do not retry blindly                exit 5
    └── Defect                 Passerelle itself is wrong; please report                    exit 70

A *finding* is a value: one thing that is wrong, said so that a person can mend it. Rooms collect findings and return
them; they raise only when nothing can go on. Codes are stable and never reused; each has a page in ``catalogue``.
Blocks: 1xxx intake, 2xxx configuration, 3xxx rules, 4xxx ledger, 5xxx formats, 6xxx exports, 7xxx delivery,
8xxx connectors, 9xxx engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]
Who = Literal["", "employee", "accountant", "admin", "integrator"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a finding points: line and column count from 1; ``text`` is the line as written."""

    file: str
    line: int
    column: int = 0
    text: str = ""
    length: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    ``object`` names what it concerns ("report ND0142, expense 3"), ``field`` and ``value`` what was read there,
    ``expected`` what would be right, ``remedy`` the command or act that mends it, ``who`` can do it.
    """

    code: str
    message: str
    object: str = ""
    field: str = ""
    value: str = ""
    expected: str = ""
    remedy: str = ""
    who: Who = ""
    place: Place | None = None
    severity: Severity = "error"


@dataclass(eq=False)
class PasserelleError(Exception):
    """The root. ``findings`` holds everything that was wrong, not just the first thing."""

    findings: tuple[Finding, ...] = field(default=())
    exit_code = 1

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("; ".join(f"{f.code}: {f.message}" for f in self.findings))


class Refused(PasserelleError):
    """The input or the state is at fault; nothing was changed."""


class UsageFault(PasserelleError):
    """The command was typed wrongly."""

    exit_code = 2


class ConfigurationFault(PasserelleError):
    """Configuration or credentials are at fault; nothing was changed."""

    exit_code = 3


class OutsideRefused(PasserelleError):
    """A server, network or disk refused or is away; nothing left us."""

    exit_code = 4


class OutcomeUnknown(PasserelleError):
    """Something may have left; a person or a look-up must say before anything is sent again."""

    exit_code = 5


class Defect(PasserelleError):
    """Passerelle itself is wrong: an invariant did not hold."""

    exit_code = 70
