"""What a person filled in to sign in."""

from __future__ import annotations

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict


@dataclass(frozen=True, slots=True)
class SignInForm:
    """Name, password, and where to go then (unchecked)."""

    name: str
    password: str = field(repr=False)
    target: str


def read_sign_in(form: MultiDict[str, str]) -> SignInForm:
    """The fields as they came; a password has no spaces cut off."""
    return SignInForm(form.get("name", "").strip(), form.get("password", ""), form.get("next", ""))
