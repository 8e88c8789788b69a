"""The command line: `workledger`, or `python -m workledger.api.cli`."""

import sys


def main() -> None:
    """The console script. What it needs beyond the library is installed with `workledger[all]`."""
    try:
        from workledger.api.commandline.app import app
    except ModuleNotFoundError as missing:
        sys.exit(f"workledger: {missing.name} is not installed; pip install 'workledger[all]' [NOT_INSTALLED]")
    except KeyboardInterrupt:
        sys.exit(130)
    app(prog_name="workledger")


if __name__ == "__main__":
    main()
