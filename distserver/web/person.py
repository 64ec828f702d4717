"""Somebody signed in, in the form that Flask-Login wants."""

from __future__ import annotations

from dataclasses import dataclass

from distserver.model.accounts import Role, User


@dataclass(frozen=True, slots=True)
class Person:
    """The session's id carries the epoch under which it began: a new password ends all older sessions."""

    user: User
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def role(self) -> Role:
        return self.user.role

    def get_id(self) -> str:
        """What the session cookie holds."""
        return f"{self.user.session_epoch}:{self.user.name}"


def read_session_id(text: str) -> tuple[str, int] | None:
    """(user name, epoch) of what `Person.get_id` made, or None."""
    epoch, separator, name = text.partition(":")
    return (name, int(epoch)) if separator and epoch.isdecimal() else None
