"""``python -m sklvision`` is the command line ``sklvision``."""

import sys

from sklvision.cli import main

if __name__ == "__main__":
    sys.exit(main())
