"""`python tests/benchmarks`: see `command`."""

import sys
from pathlib import Path

# Run as a folder, this is no package, and its own folder is where Python looks for modules.
# The checkout's imnot is not measured by that: the servers are started with `-P` or as a script.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.benchmarks.command import main  # noqa: E402 - can be found only now

sys.exit(main())
