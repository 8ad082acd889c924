"""`dataops site --serve`: takes a port, gathers, answers, and follows until somebody ends it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from rich.console import Console

from dataops.config import Settings
from dataops.serving.following import TICK, Following
from dataops.serving.server import Server
from dataops.serving.showing import Showing


def serve(console: Console, root: Path, settings: Settings, target: str | None, host: str, port: int) -> None:
    """Serve the site of a project until Ctrl-C, which is raised as such.

    Raises:
        DataopsError: the port is taken, or the state cannot be read.
    """
    showing = Showing()
    # The port first: whoever cannot have it is told before minutes of gathering.
    with Server(host, port, showing) as server:
        with console.status("gathering"):
            follow = Following(root, settings, target, showing)
        answering = threading.Thread(target=server.serve_forever, daemon=True)
        answering.start()
        _say(console, server)
        try:
            while True:
                time.sleep(TICK)
                follow.step()
        except KeyboardInterrupt:
            server.shutdown()
            if not follow.close():
                # Python cannot end in good order while a database works for it. Nothing is being written.
                console.print("interrupted")
                os._exit(130)
            raise


def _say(console: Console, server: Server) -> None:
    host = f"[{server.server_name}]" if ":" in server.server_name else server.server_name
    console.print(f"http://{host}:{server.server_port}/ – Ctrl-C ends it", highlight=False, markup=False)
    if server.names is None:
        console.print("Whoever reaches this machine can read it: names, messages, SQL. Nobody is asked for a password.")
    console.file.flush()
