"""On the path of a server that is profiled: Python runs this at the start of each process, and the worker stays."""

import os
import sys

if "worker" in sys.orig_argv and os.environ.get("PROFILE_TO"):
    from tests.support.profiling import begin_profile

    begin_profile(os.environ["PROFILE_TO"])
