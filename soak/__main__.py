"""Run the command, so that Ctrl-C and SIGTERM end it with its counts, also in the background of a shell."""

import signal
import sys

from soak.command import main

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
