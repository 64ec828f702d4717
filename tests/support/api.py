"""The HTTP API on a real store, with a token for each role."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from distserver.model.accounts import Role
from tests.support.board import ADMIN, Board

DEVICE = "sapporo.example.org"


class Api(Board):
    """A board whose API is called as each role: `call("GET", "/api/v1/groups", Role.SENDER)`."""

    def __init__(self, home: Path, groups: dict[str, str] | None = None) -> None:
        super().__init__(home, groups)
        self.tokens: dict[Role, str] = {}
        for role in Role:
            subject = DEVICE if role is Role.DEVICE else role.value
            if role.is_person:
                self.services.accounts.create_user(subject, role, None, ADMIN)
            self.tokens[role] = self.services.accounts.create_token(subject, role, "test", ADMIN)[1]

    def headers(self, role: Role = Role.ADMINISTRATOR) -> dict[str, str]:
        """What shows who asks."""
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def call(
        self,
        method: str,
        path: str,
        role: Role | None = Role.ADMINISTRATOR,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """One request; `role` None shows no token."""
        shown = {**(self.headers(role) if role else {}), **(headers or {})}
        return self.app.test_client().open(path, method=method, headers=shown, buffered=True, **more)

    def incoming(self) -> list[Path]:
        """Uploads that lie about unfinished."""
        return list(self.services.spool.incoming.iterdir())
