"""`python -m leadscore`, the same as the command `leadscore`."""

from leadscore.cli import main

main()
