"""A browser for tests, where the machine has one. Debian: `apt-get install chromium-headless-shell`."""

from __future__ import annotations

import shutil

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))), None
)
