"""The command line: `workledger`, or `python -m workledger.api.commandline.cli`."""

import os
import signal
import sys


def main() -> None:
    """The console script. What it needs beyond the library is installed with `workledger[all]`; SIGTERM is Ctrl-C."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        from workledger.api.commandline.app import app
        from workledger.api.commandline.sentences import log_in_lines

        if sys.stdout is None:  # closed by whoever called: nobody reads it
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        log_in_lines()
        app(prog_name="workledger")
    except ModuleNotFoundError as missing:
        sys.exit(f"workledger: {missing.name} is not installed; pip install 'workledger[all]' [NOT_INSTALLED]")
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
