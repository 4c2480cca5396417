"""What the checks of a company share: whether a code leads somewhere, and how it is said when it does not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from passerelle.errors import Finding, Severity
from passerelle.masterdata.company import Company
from passerelle.masterdata.faults import Fault, describe, key_path, nearest, noun, said
from passerelle.masterdata.positions import Path

_FEW = 8  # names worth listing in a remedy
_COMPARISONS = 500_000  # of names, before nearest ones are no longer looked for: some seconds


class References:
    """The objects of a company that a code may lead to.

    ``left_out`` are objects that exist but could not be read whole: what points to them is not held against anyone.
    """

    def __init__(self, company: Company, left_out: frozenset[Path]) -> None:
        self.company = company
        self.left_out = left_out
        self.comparisons = _COMPARISONS

    def whole(self, *path: str) -> bool:
        """Whether nothing at ``path`` was left out, so that an absence there is one."""
        return path not in self.left_out

    def known(
        self, path: Path, code: str, field: str, known: Collection[str], *, on_key: bool = False
    ) -> Iterator[Fault]:
        """The fault of a code that is not of the company's ``field``."""
        if code not in known and self.whole(field, code):
            kind = noun(field)
            article = "an" if kind[0] in "aeiou" else "a"
            yield self.unknown(path, code, f"the code of {article} {kind}", known, on_key=on_key)

    def unknown(
        self,
        path: Path,
        code: str,
        expected: str,
        known: Collection[str],
        fault: str = "PSR-2020",
        *,
        on_key: bool = False,
    ) -> Fault:
        """The fault of a code that leads nowhere, with the nearest one or the few there are."""
        self.comparisons -= len(known)
        guess = nearest(code, known) if self.comparisons > 0 else ""
        remedy = f'did you mean "{guess}"?' if guess else "add it, or correct the code"
        if not guess and 0 < len(known) <= _FEW:
            remedy += "; there are: " + ", ".join(known)
        what = expected.split(" with role ")[0].removeprefix("the code of ")
        return fault_at(path, fault, f'"{code}" is not {what}.', code, expected, remedy, on_key=on_key)


def repeated(path: Path, values: Iterable[str], message: str) -> Iterator[Fault]:
    """The faults of a list at ``path`` that says something twice."""
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            yield twice((*path, position), value, message)
        seen.add(value)


def twice(path: Path, value: str, message: str) -> Fault:
    """The fault of what is there a second time."""
    return fault_at(path, "PSR-2033", message, value, "each once", "keep one of the two")


def fault_at(
    path: Path,
    code: str,
    message: str,
    value: str,
    expected: str,
    remedy: str,
    *,
    on_key: bool = False,
    severity: Severity = "error",
) -> Fault:
    """A fault between objects, which the administrator mends."""
    finding = Finding(
        code=code,
        message=message,
        object=describe(path),
        field=key_path(path),
        value=said(value) if value else "",
        expected=expected,
        remedy=remedy,
        who="admin",
        severity=severity,
    )
    return Fault(path, finding, on_key)
