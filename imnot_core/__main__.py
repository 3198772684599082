"""`python -m imnot_core` is the `imnot` command."""

import sys

from imnot_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
