"""``python examples/shop URL``: see README.md beside this file."""

import sys
from pathlib import Path

if not __package__:
    # Run as a folder, which is then the first of the path; the package is found in the folder above it.
    sys.path[0] = str(Path(__file__).parents[1])

from shop.program import main

sys.exit(main())
