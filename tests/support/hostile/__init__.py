"""A hostile network in a box: hundreds of scripted IPP printers in one process, which count what they print.

    with run_hostile_process() as network:
        network.play({"p1": Script((Step(Fault.MUTE, times=1),))})
        … print to network.uri("p1") …
        network.paper().printed

Names are free: a printer exists as soon as it is asked for. `catalogue.BEHAVIOURS` has the usual faults by name.
"""

from tests.support.hostile.catalogue import BEHAVIOURS, Behaviour
from tests.support.hostile.network import Network, run_network
from tests.support.hostile.paper import Paper, Sheet
from tests.support.hostile.remote import HostileNetwork, run_hostile_process, run_hostile_thread
from tests.support.hostile.script import At, Door, Fault, Garbage, Part, Script, Shut, Step, Traits

__all__ = [
    "BEHAVIOURS",
    "At",
    "Behaviour",
    "Door",
    "Fault",
    "Garbage",
    "HostileNetwork",
    "Network",
    "Paper",
    "Part",
    "Script",
    "Sheet",
    "Shut",
    "Step",
    "Traits",
    "run_hostile_process",
    "run_hostile_thread",
    "run_network",
]
