"""All that subscriptions need in one process, put together."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.intake.ipp.notification.narrator import Narrator
from distserver.intake.ipp.notification.scene import Scene
from distserver.intake.ipp.notification.subscriptions import Rules, Subscriptions
from distserver.intake.ipp.notification.waiting import Waiting
from distserver.intake.ipp.notification.watch import Watch
from distserver.store.database import Database


@dataclass(frozen=True, slots=True)
class Subscribing:
    """`watch` looks what has changed, `waiting` has the clients that wait for it."""

    subscriptions: Subscriptions
    watch: Watch
    waiting: Waiting

    @property
    def life(self) -> float:
        """For how many seconds events are kept: `ippget-event-life`."""
        return self.subscriptions.rules.life

    @staticmethod
    def build(database: Database, scene: Scene, rules: Rules) -> Subscribing:
        narrator = Narrator(database, scene, rules.clock)
        watch = Watch(database, narrator, rules)
        return Subscribing(Subscriptions(database, narrator, rules), watch, Waiting(watch.look))
