"""Which certificate authorities the functions trust: those of AWS's endpoints.

They call nobody else, and for every new connection OpenSSL reads the whole of botocore's trust
store, more than a hundred roots. Who needs another root, for a proxy that looks into TLS or for an
endpoint of their own, sets AWS_CA_BUNDLE as always with boto3: that file takes the place of this
one, whole.
"""

import hashlib
import re
import ssl
from pathlib import Path
from typing import Any

# By the SHA-256 of the certificate. Amazon Trust Services recommends these five to whoever does not
# trust all the world: https://www.amazontrust.com/repository/
_ROOTS = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": "Amazon Root CA 1",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": "Amazon Root CA 2",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": "Amazon Root CA 3",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": "Amazon Root CA 4",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": (
        "Starfield Services Root Certificate Authority - G2"
    ),
}
# Those that AWS's endpoints had before, in case that some have not moved. Mozilla trusts the first,
# the second and the last no more; here they are trusted for as long as botocore does.
_FORMER_ROOTS = {
    "1465fa205397b876faa6f0a9958e5590e40fcc7faa4fb7c2c8677521fb5fb658": "Starfield Class 2 CA",
    "4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161": "DigiCert Global Root CA",
    "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f": "DigiCert Global Root G2",
    "31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0": "DigiCert Global Root G3",
    "7431e5f4c3c1ce4690774f0b61e05440883ba9a01ed00ba6abd7806ed3b118cf": (
        "DigiCert High Assurance EV Root CA"
    ),
}
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n.*?\n-----END CERTIFICATE-----\n", re.DOTALL
)


class UnexpectedRootsError(Exception):
    """botocore does not trust the roots that it is known to; somebody has to look."""


def reduce_roots(store: Path) -> None:
    """Leave those roots in a trust store that AWS's endpoints have.

    Args:
        store: botocore's `cacert.pem`. A root stays byte for byte as it is in there.

    Raises:
        UnexpectedRootsError: one of Amazon's is missing, or new.

    """
    known = _ROOTS | _FORMER_ROOTS
    found: dict[str, str] = {}
    for certificate in _CERTIFICATE.findall(store.read_text("utf-8")):
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
        if fingerprint in known:
            found[fingerprint] = certificate
        elif "Amazon" in _organizations(certificate):
            raise UnexpectedRootsError(
                f"Amazon has a root that is not known here, with the SHA-256 {fingerprint}. "
                f"Its endpoints may use it: see https://www.amazontrust.com/repository/."
            )
    if missing := [name for fingerprint, name in _ROOTS.items() if fingerprint not in found]:
        raise UnexpectedRootsError(
            f"botocore's trust store lacks {', '.join(missing)}, which AWS's endpoints use."
        )
    store.write_text(
        "\n".join(f"# {known[root]}\n{certificate}" for root, certificate in found.items()),
        "utf-8",
        newline="\n",
    )


def _organizations(certificate: str) -> set[str]:
    """Read whose a root is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate)
    subjects: list[Any] = [root["subject"] for root in context.get_ca_certs()]
    return {
        value
        for subject in subjects
        for names in subject
        for key, value in names
        if key == "organizationName"
    }
