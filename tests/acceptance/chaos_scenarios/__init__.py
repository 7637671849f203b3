# SPDX-License-Identifier: MIT
"""What is done to a server, by name."""
from typing import Callable, NamedTuple

from . import injections, limits, people, wire
from .site import Site

ENGINES = ("io_uring", "epoll")


class Scenario(NamedTuple):
    """Tells its figures; what is broken is raised."""
    takes_place: Callable[[Site], str]
    engines: tuple = ENGINES


SCENARIOS = {
    "loss": Scenario(wire.loss),
    "partition": Scenario(wire.partition),
    "reset": Scenario(wire.reset),
    "rate": Scenario(wire.rate),
    "ss": Scenario(wire.killed_connections),
    "stopped": Scenario(people.stopped),
    "killed": Scenario(people.killed),
    "flood": Scenario(people.flood),
    "descriptors": Scenario(limits.descriptors),
    "memory": Scenario(limits.few_bytes),
    "refused": Scenario(limits.refused, ("io_uring",)),
    "accept": Scenario(injections.accept),
    "turns": Scenario(injections.turns),
}
