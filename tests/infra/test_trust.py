"""Whom the functions trust: the roots of AWS's endpoints, as botocore has them."""

import re
import shutil
import ssl
from pathlib import Path

import pytest
from botocore.httpsession import DEFAULT_CA_BUNDLE

from infra.trust import UnexpectedRootsError, reduce_roots

from .certificates import make_certificate

#: Amazon Trust Services' own, and those that AWS's endpoints had before.
AMAZONS = (
    *(f"Amazon Root CA {number}" for number in (1, 2, 3, 4)),
    "Starfield Services Root Certificate Authority - G2",
)
FORMER = (
    "Starfield Class 2 CA",
    "DigiCert Global Root CA",
    "DigiCert Global Root G2",
    "DigiCert Global Root G3",
    "DigiCert High Assurance EV Root CA",
)

# botocore writes a label above each root.
LABELLED = re.compile(
    r'^# Label: "(?P<label>[^"]+)"\n(?:#.*\n)*'
    r"(?P<root>-----BEGIN CERTIFICATE-----\n(?:.+\n)+?-----END CERTIFICATE-----\n)",
    re.MULTILINE,
)
ROOT = re.compile(r"-----BEGIN CERTIFICATE-----\n(?:.+\n)+?-----END CERTIFICATE-----\n")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a copy of botocore's trust store."""
    return Path(shutil.copyfile(DEFAULT_CA_BUNDLE, tmp_path / "cacert.pem"))


def labelled(store: Path) -> dict[str, str]:
    """Read botocore's roots by their labels."""
    return {found["label"]: found["root"] for found in LABELLED.finditer(store.read_text())}


def test_roots_are_those_of_awss_endpoints(store: Path) -> None:
    """These ten and no others, each byte for byte as botocore has it."""
    roots = labelled(store)
    assert len(roots) > 100

    reduce_roots(store)

    left = ROOT.findall(store.read_text())
    assert sorted(left) == sorted(roots[name] for name in (*AMAZONS, *FORMER))


def test_openssl_reads_the_roots(store: Path) -> None:
    """All ten, as the certificates that they are called."""
    reduce_roots(store)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(store)

    names = re.findall(r"'commonName', '([^']+)'", str(context.get_ca_certs()))
    assert len(context.get_ca_certs()) == 10
    assert {*AMAZONS, *FORMER} - set(names) == {"Starfield Class 2 CA"}  # which has no common name


def test_the_same_botocore_gives_the_same_bytes(store: Path) -> None:
    """And what is reduced already stays as it is."""
    reduce_roots(store)
    once = store.read_bytes()
    reduce_roots(store)
    assert store.read_bytes() == once


@pytest.mark.parametrize("name", AMAZONS)
def test_root_of_amazon_that_botocore_has_no_more_is_missed(store: Path, name: str) -> None:
    """A function without it would reach nothing where an endpoint has it."""
    store.write_text(store.read_text().replace(labelled(store)[name], ""))
    with pytest.raises(UnexpectedRootsError, match=f"lacks {name}, which AWS's endpoints use"):
        reduce_roots(store)


def test_root_is_known_by_what_it_is(store: Path) -> None:
    """Another certificate below the same label is not the same root."""
    roots = labelled(store)
    store.write_text(
        store.read_text().replace(roots["Amazon Root CA 1"], roots["Go Daddy Class 2 CA"])
    )
    with pytest.raises(UnexpectedRootsError, match="lacks Amazon Root CA 1"):
        reduce_roots(store)


@pytest.mark.parametrize("name", FORMER)
def test_former_root_is_trusted_for_as_long_as_botocore_does(store: Path, name: str) -> None:
    """Browsers have removed some of them already."""
    root = labelled(store)[name]
    store.write_text(store.read_text().replace(root, ""))

    reduce_roots(store)

    assert root not in store.read_text()
    assert len(ROOT.findall(store.read_text())) == 9


def test_root_of_amazon_that_is_new_is_refused(store: Path, tmp_path: Path) -> None:
    """Its endpoints may use it from some day on, and it would not be among these."""
    with store.open("a") as file:
        file.write(make_certificate(tmp_path / "new.pem", "Amazon"))
    with pytest.raises(UnexpectedRootsError, match="Amazon has a root that is not known here"):
        reduce_roots(store)


def test_root_of_others_that_is_new_is_left_out(store: Path, tmp_path: Path) -> None:
    """As a hundred others are."""
    new = make_certificate(tmp_path / "new.pem", "Example Corp")
    with store.open("a") as file:
        file.write(new)

    reduce_roots(store)

    assert new not in store.read_text()


def test_store_that_is_empty_is_refused(store: Path) -> None:
    """Or one that is written in another way, so that no root is found in it."""
    store.write_text("")
    with pytest.raises(UnexpectedRootsError, match="lacks Amazon Root CA 1, Amazon Root CA 2"):
        reduce_roots(store)
