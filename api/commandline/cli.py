"""The command line: `workledger`, or `python -m workledger.api.commandline.cli`."""

import gc
import signal
import sys


def main() -> None:
    """The console script. It needs more than the library does: `pip install 'workledger[all]'`."""
    gc.disable()  # until the command is imported: modules are no garbage, but take a third of the start to look through
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM ends a command as Ctrl-C does
        from workledger.api.commandline.app import app
        from workledger.api.commandline.console import open_streams, show_logged_messages

        open_streams()
        show_logged_messages()
        app(prog_name="workledger")
    except ModuleNotFoundError as missing:
        sys.exit(f"workledger: {missing.name} is not installed: run pip install 'workledger[all]'. [NOT_INSTALLED]")
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
