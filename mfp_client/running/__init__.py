"""`mfp-client run`: the whole device as one tree of processes.

    commands.py      the command: settings → printer
    keeper.py        keeps the panel's process running beside it
    panel_child.py   that process: `mfp-client panel`, which ends with its parent

The printer runs in the process that the service manager started, so that nothing the panel does can stop what is
being received; the panel is a process of its own.
"""
