"""``python -m dynamorm_cli`` is the command ``dynamorm``."""

import sys

from dynamorm_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
