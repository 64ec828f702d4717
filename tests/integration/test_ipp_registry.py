"""Numbers of operations and status codes are those of the registry, as far as the library of CUPS knows it."""

from __future__ import annotations

import ctypes

import pytest

from distwire.ipp.enums import Operation, Status, status_keyword

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def cups() -> ctypes.CDLL:
    library = ctypes.CDLL("libcups.so.2")
    library.ippOpString.restype = ctypes.c_char_p
    library.ippErrorString.restype = ctypes.c_char_p
    return library


@pytest.mark.parametrize("operation", Operation)
def test_an_operation_has_its_number(cups: ctypes.CDLL, operation: Operation) -> None:
    known: str = cups.ippOpString(int(operation)).decode()
    assert known.upper().replace("-", "_") == operation.name or known == f"0x{int(operation):04x}"


@pytest.mark.parametrize("status", Status)
def test_a_status_has_its_number(cups: ctypes.CDLL, status: Status) -> None:
    known: str = cups.ippErrorString(int(status)).decode()
    assert known in (status_keyword(status), f"0x{int(status):04x}")
