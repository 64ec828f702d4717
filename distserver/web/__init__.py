"""The board: pages for people, one folder per feature, the same file names in each (SPEC N6).

`views` are the routes (load → check → one operation → render), `pages` what a template is given, `forms` what a person
filled in, `templates/` the pages.
"""

from __future__ import annotations

from flask import Flask

from distserver.services import Services
from distserver.web import assets, guard, shell
from distserver.web.devices.views import blueprint as devices
from distserver.web.groups.views import blueprint as groups
from distserver.web.jobs.views import blueprint as jobs
from distserver.web.send.views import blueprint as send
from distserver.web.sessions.views import blueprint as sessions
from distserver.web.start.views import blueprint as start
from distserver.web.system.views import blueprint as system
from distserver.web.wall.views import blueprint as wall

BLUEPRINTS = (assets.blueprint, start, sessions, send, jobs, groups, wall, system, devices)

for _blueprint in BLUEPRINTS:
    guard.protect(_blueprint)
    shell.explain_errors(_blueprint)


def register(app: Flask, services: Services) -> None:
    """Add the board to an application that has a secret key, and the services as its extension `distserver`."""
    guard.set_up(app, services.settings)
    shell.set_up(app)
    assets.set_up(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
