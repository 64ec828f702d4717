"""An answer that cannot go keeps no other from going (RFC 6531 §3.2)."""

from __future__ import annotations

from distserver.report.answers import Answered, compose_answer
from distserver.report.mail import MailServer, MailTls, open_session
from tests.support.post_office import run_post_office


def test_an_address_that_the_mail_server_cannot_reach_is_its_own_affair() -> None:
    """Without SMTPUTF8 no mail goes to an address that is not ASCII: that is said for good, and the call goes on."""
    with run_post_office() as office:
        server = MailServer("127.0.0.1", office.port, MailTls.NONE, "distserver@example.org")
        with open_session(server) as session:
            for to, taken in (("hänako@example.org", False), ("hanako@exämple.org", False), ("a@example.org", True)):
                message = compose_answer(Answered(to, "<1@x>", "Hello", "example.org", "m"), server.sender, "text")
                fate = session.hand_in(message, "", to)
                assert (fate.taken, fate.for_good) == (taken, True), fate
        assert [to for _, to in office.envelopes] == [["a@example.org"]]
