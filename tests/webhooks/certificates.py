"""A certificate authority of the tests' own, so that names and signatures of certificates are really checked."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)


class Authority:
    """`trusted` is what a sender that trusts this authority checks with."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test authority {name}")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        use = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = self._builder(self._name, self._key.public_key()).add_extension(basic, True).add_extension(use, True)
        self._certificate = made.sign(self._key, hashes.SHA256())
        self._pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._pem.decode())

    def serving(self, host: str, ended: bool = False) -> ssl.SSLContext:
        """What a server of this name shows; `ended`: a certificate that is no longer valid."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = self._builder(subject, key.public_key(), ended)
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = made.add_extension(names, False).add_extension(identifier, False).sign(self._key, hashes.SHA256())
        path = self._folder / f"{host}-{ended}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, ended: bool = False
    ) -> x509.CertificateBuilder:
        present = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(present - 3 * DAY)
            .not_valid_after(present - DAY if ended else present + DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        )
