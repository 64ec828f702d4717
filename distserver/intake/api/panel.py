"""What the panels of devices ask: who stands before them, and their cards (SPEC D5, D9)."""

from __future__ import annotations

from distserver.accounts.access import PEOPLE
from distserver.intake.api import messages
from distserver.intake.api.operations import ANYBODY, Call, Messages, operation, roles
from distserver.model.accounts import Card, Role
from distwire.api import panel as wire


@operation(
    "POST /api/v1/panel/sign-in",
    roles(Role.DEVICE),
    Messages(body=wire.SignIn, answer=wire.SignedIn),
    errors=(400,),
)
def sign_in_at_panel(call: Call[None, wire.SignIn]) -> wire.SignedIn:
    """Give a device a grant for who stands before it, for their password or card: it sends in their name then."""
    asked, services, device = call.body, call.services, call.actor
    if asked.card is not None:
        user = services.cards.sign_in(asked.card, device)
    else:
        user = services.accounts.sign_in(asked.user or "", asked.password or "", f"device {device.name}")
    grant = services.grants.make(user, device)
    return wire.SignedIn.model_validate(
        {
            "user": user.name,
            "role": user.role.value,
            "grant": grant.bearer,
            "grant_expires": messages.to_time(grant.expires),
        }
    )


@operation(
    "POST /api/v1/panel/cards",
    roles(*PEOPLE),
    Messages(body=wire.NewCard, answer=wire.RegisteredCard, status=201),
    errors=(409,),
)
def add_card(call: Call[None, wire.NewCard]) -> wire.RegisteredCard:
    """Register a card for the user whose grant is shown: it opens the panels of all devices for them from now on."""
    return _to_card(call.services.cards.add(call.body.card, call.actor))


@operation(
    "POST /api/v1/enrolments",
    ANYBODY,
    Messages(body=wire.Enrolment, answer=wire.Enrolled, status=201),
    errors=(401, 429, 503, 507),
)
def enrol_device(call: Call[None, wire.Enrolment]) -> wire.Enrolled:
    """Give a device its token, for the code that the board or `distserver device enrol` has shown; once."""
    found = call.services.enrolments.take(call.body.address, call.body.code, call.origin)
    return wire.Enrolled(token=found.secret, address=found.where.address.written, name=found.where.name)


def _to_card(card: Card) -> wire.RegisteredCard:
    return wire.RegisteredCard(id=card.id, user=card.user, created=messages.to_time(card.created))


OPERATIONS = (sign_in_at_panel, add_card, enrol_device)
