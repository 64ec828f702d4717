"""On the path of a server that is to die at a durable write: Python runs this at the start of each of its processes."""

import os
import sys

_WORDS = " ".join(sys.orig_argv)
_ROLES = {
    "render.template": "render",
    " web ": "web",
    " worker ": "worker",
    " ipp ": "ipp",
    " mfp_client printer ": "printer",
}

if os.environ.get("CRASH_FOLDER"):
    for word, role in _ROLES.items():
        if word in _WORDS:
            from tests.support.durable import watch_writes

            watch_writes(role)
            break
