"""``python -m passerelle.cli``."""

from passerelle.cli import main

main()
