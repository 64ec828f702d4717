"""Who may send to a group stands in its file, and holds at the doors that are not printers too (SPEC D1, N1)."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from distserver.model.accounts import Role
from tests.support.api import Api
from tests.support.board import make_pdf

FILES = {"few.rec": "# Few\n# few.rec\n# senders: operator-of-the-day\ndiscard:one; One\n"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("home"), FILES)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMINISTRATOR, 201), (Role.OPERATOR, 201), (Role.SENDER, 403), (Role.DEVICE, 403)]
)
def test_who_is_not_named_may_not_send_by_the_api(api: Api, role: Role, status: int) -> None:
    form = {"group": "few", "document": (io.BytesIO(make_pdf()), "notice.pdf")}
    answer = api.call("POST", "/api/v1/jobs", role, data=form, content_type="multipart/form-data")
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "may not send to 'Few'" in answer.text
        assert api.incoming() == []
