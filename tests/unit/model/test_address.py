"""Addresses: what is one, what is none, and when two are the same (SPEC D1)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distserver.model.address import Address, AddressError, Channel, parse_address


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("sale1.hqs.mei.co.jp", "ipp://sale1.hqs.mei.co.jp/ipp/print"),
        (" Sale1.HQS.mei.co.jp. ", "ipp://sale1.hqs.mei.co.jp/ipp/print"),
        ("192.0.2.7", "ipp://192.0.2.7/ipp/print"),
        ("2001:DB8::0:1", "ipp://[2001:db8::1]/ipp/print"),
        ("[2001:db8::1]", "ipp://[2001:db8::1]/ipp/print"),
        ("fe80::1%eth0", "ipp://[fe80::1%eth0]/ipp/print"),
        ("日本.example", "ipp://xn--wgv71a.example/ipp/print"),
        ("IPP://Host:631", "ipp://host/ipp/print"),
        ("ipp://host:8631/printers/a b", "ipp://host:8631/printers/a%20b"),
        ("ipp://host/a%2fb%41", "ipp://host/a%2FbA"),
        ("ipps://[2001:db8::1]:443/", "ipps://[2001:db8::1]:443/"),
        ("cups:Office", "cups:Office"),
        ("cups:Office@Print.Example.org:631", "cups:Office@print.example.org"),
        ("cups:Office@[::1]:8632", "cups:Office@[::1]:8632"),
        ("tel:+81-3-1234-5678", "tel:+81312345678"),
        ("fax:(03) 1234.5678", "tel:0312345678"),
        ("mailto:Branch@Example.ORG", "mailto:Branch@example.org"),
        ("pc:Desk-1", "pc:desk-1"),
        ("device:MFP-7", "device:mfp-7"),
        ("discard:", None),
        ("discard:x", "discard:x"),
    ],
)
def test_canonical_form(written: str, uri: str | None) -> None:
    if uri is None:
        with pytest.raises(AddressError):
            parse_address(written)
    else:
        assert parse_address(written).uri == uri


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "missing"),
        ("a b.example", "domain name"),
        ("-a.example", "domain name"),
        ("a..b", "domain name"),
        ("a" * 64 + ".example", "domain name"),
        (".".join(["a" * 60] * 5), "domain name"),
        ("1.2.3", "IPv4"),
        ("256.1.1.1", "IPv4"),
        ("[192.0.2.7]", "domain name"),
        ("fe80::1%a/b", "known kind"),
        ("fe80::1%a]b", "IPv6"),
        ("2001:db8::g", "neither"),
        ("host:9100", "ipp://host:9100/ipp/print"),
        ("host.example:9100", "ipp://host.example:9100/ipp/print"),
        ("http://host/", "known kind"),
        ("ipp:host", "//HOST"),
        ("ipp://", "no host"),
        ("ipp://host:0/", "port 0"),
        ("ipp://host:99999/", "not a URI"),
        ("ipp://user:secret@host/", "user="),
        ("cups:", "queue"),
        ("cups:a/b", "queue"),
        ("cups:a@b c", "queue"),
        ("cups:a@b:0", "HOST:PORT"),
        ("cups:a@b:99999", "HOST:PORT"),
        ("tel:none", "telephone"),
        ("mailto:nobody", "mail address"),
        ("branch@example.org", "mailto:branch@example.org"),
        ("a\x1bb", "control"),
        ("a\u2028b", "control"),
    ],
)
def test_refusals_say_what_is_wrong(written: str, says: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(written)
    assert says in str(caught.value)


LABEL = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,20}[A-Za-z0-9_])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=1, max_size=5).map(".".join).filter(lambda name: not name.split(".")[-1].isdigit())
HOST = st.one_of(DOMAIN, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"))
PORT = st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}"))
IPP = st.tuples(st.sampled_from(["ipp", "ipps", "IPP"]), HOST, PORT, st.text(max_size=12)).map(
    lambda parts: f"{parts[0]}://{parts[1]}{parts[2]}/{parts[3]}"
)
ANYTHING = st.one_of(
    st.text(max_size=40),
    HOST,
    IPP,
    st.tuples(
        st.sampled_from(["cups", "tel", "fax", "mailto", "pc", "device", "discard", "x"]), st.text(max_size=20)
    ).map(":".join),
    st.tuples(st.just("cups:q@"), HOST, PORT).map("".join),
)


@given(ANYTHING)
@example("ipp://[v1.x]/")
@example("ipp://[::1/")
@example("ipp://a/%zz%")
@example("ipp://a/?q=ü &b=%")
@example("fe80::1%2")
def test_canonical_form_is_its_own_canonical_form(text: str) -> None:
    """Whatever comes in, it is refused or has one canonical form, in ASCII where it goes to a wire."""
    address = _parse_or_none(text)
    if address is None:
        return
    again = parse_address(address.uri)
    assert (again.uri, again.channel) == (address.uri, address.channel)
    assert ";" not in address.uri or address.channel is Channel.IPP
    if address.channel is Channel.IPP:
        assert address.uri.isascii()
        assert address.host


@given(DOMAIN)
def test_case_and_final_dot_do_not_matter(name: str) -> None:
    assert parse_address(name).uri == parse_address(name.upper() + ".").uri == parse_address(f"ipp://{name}").uri


@given(st.ip_addresses(v=6))
def test_forms_of_one_ipv6_address_are_one(ip: object) -> None:
    assert parse_address(str(ip)).uri == parse_address(ip.exploded.upper()).uri  # type: ignore[attr-defined]


def _parse_or_none(text: str) -> Address | None:
    try:
        return parse_address(text)
    except AddressError:
        return None


@pytest.mark.parametrize("written", ["03-1234-5678", "0120.123-456", "1-2"])
def test_a_telephone_number_is_no_host_name(written: str) -> None:
    with pytest.raises(AddressError, match=f"write fax:{written}"):
        parse_address(written)


@pytest.mark.parametrize("written", ["123-456.example.org", "10-0-0-1a", "10.0.0.1", "ipp://10-0-0-1/ipp/print"])
def test_numbers_in_a_host_name_stay_one(written: str) -> None:
    assert parse_address(written).channel is Channel.IPP
