"""The README's five minutes, word for word: what a reader types works in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOUR = re.compile(r"## Five minutes, your own data\n\n```\n(.*?)```", re.DOTALL)
EXPENSES = "id;employee;type;date;gross;vat_10;vat_20;centre\n1001;E001;train;03/02/2026;88,00;8,00;;COM\n"


def test_the_tour_of_the_readme_works_as_it_is_printed(tmp_path: Path) -> None:
    printed = TOUR.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert printed is not None
    words = [line.partition("  #")[0].strip() for line in printed[1].splitlines()]
    typed = [line for line in words if line and not line.startswith("pip ")]
    assert len(typed) > 8
    if shutil.which("hledger") is None:  # the reader is told that it is another program
        typed = [line.partition(" | hledger")[0] for line in typed]
    into = typed.index("passerelle init my-company && cd my-company")
    typed.insert(into + 1, f"cat > expenses.csv <<'END'\n{EXPENSES}END")
    script = f'set -e\npasserelle() {{ "{sys.executable}" -m passerelle.cli "$@"; }}\n' + "\n".join(typed)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASSERELLE_")}
    done = subprocess.run(
        ["sh", "-c", script], check=False, cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted(path.name for path in (tmp_path / "my-company" / "outbox").iterdir())
    assert files, "the export lies in the outbox"
    assert "read back: 1 document" in done.stdout
