# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run of the scenarios leaves what people look at afterwards, and how it talks to them."""

import os
import pathlib
import sys

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / "build"


def artifacts_dir():
    named = os.environ.get("OUTING_ARTIFACTS")
    parent = pathlib.Path(named) if named else BUILD / "vm-artifacts"
    parent.mkdir(parents=True, exist_ok=True)
    return parent


def say(text):
    print(text, file=sys.stderr, flush=True)
