"""Every error of our tree has a status, and an exit code for scripts."""

from __future__ import annotations

import pytest

from distserver import errors
from distserver.cli.exits import Exit, ServerFault, Unreachable, code_of
from distserver.errors import DistserverError, TooManyTries
from distserver.intake.api.problems import status_of
from distserver.model.states import OutcomeKind, Reason

CASES = [
    (errors.BadRequest("x"), 400, Exit.USAGE),
    (errors.NotSignedIn("x"), 401, Exit.NOT_ALLOWED),
    (errors.WrongProof("x", "wrong-password"), 401, Exit.NOT_ALLOWED),
    (errors.Forbidden("x"), 403, Exit.NOT_ALLOWED),
    (errors.NotFound("x"), 404, Exit.USAGE),
    (errors.NotInAllRec("x"), 404, Exit.USAGE),
    (errors.UnknownGroup("x", "y"), 404, Exit.USAGE),
    (errors.UnknownDestination("x", "y"), 404, Exit.USAGE),
    (errors.Conflict("x"), 409, Exit.USAGE),
    (errors.DocumentRefused("x"), 422, Exit.USAGE),
    (TooManyTries("x", retry_after=1), 429, Exit.LATER),
    (errors.StoreUnavailable("x"), 503, Exit.LATER),
    (errors.NoSpace("x"), 507, Exit.LATER),
    (errors.MailUnavailable("x"), 503, Exit.LATER),
    (errors.TakenForDead("x"), 500, Exit.SOFTWARE),
    (errors.NotAccepting("x"), 409, code_of(errors.Conflict("x"))),
    (errors.QuotaExceeded("x"), 429, Exit.LATER),
    (errors.SetupError("x"), 500, Exit.SETUP),
    (errors.DeliveryError("x", OutcomeKind.OURS, Reason.NONE), 500, Exit.SOFTWARE),
    (Unreachable("x"), 500, Exit.UNREACHABLE),
    (ServerFault("x"), 500, Exit.SOFTWARE),
]


@pytest.mark.parametrize(("error", "status", "code"), CASES, ids=lambda value: type(value).__name__)
def test_status_and_exit_code(error: DistserverError, status: int, code: Exit) -> None:
    assert status_of(error) == status
    assert code_of(error) == code


def test_no_error_of_the_tree_is_forgotten() -> None:
    leaves = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DistserverError) and not kind.__subclasses__()
    }
    assert {kind.__name__ for kind in leaves} <= {type(error).__name__ for error, _, _ in CASES} | {"InvalidFields"}
