# SPDX-License-Identifier: Apache-2.0
"""SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: the client's half of a login, and the form in which a
server keeps a password."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

MECHANISM = "SCRAM-SHA-256"

# PostgreSQL's own number, and the most that a server may make a client work for.
ITERATIONS = 4096
MOST_ITERATIONS = 1_000_000


class ScramError(Exception):
    """The server does not follow the protocol, or does not know the password that it asks for."""


class Exchange:
    """One login: `first` is sent, the server's answer goes into `final`, and its last word into `check`.

    There is no channel binding: the server's certificate is verified, which keeps everybody else out already.
    """

    def __init__(self, password: str, nonce: str | None = None, user: str = "") -> None:
        """PostgreSQL takes the user from the startup message and nothing from here.

        Raises ValueError for a password of other than printable ASCII: what RFC 4013 makes of others is not
        implemented, and neither RDS nor Secrets Manager makes such.
        """
        self._password = _plain(password)
        self._nonce = nonce or secrets.token_urlsafe(24)
        self._bare = f"n={user},r={self._nonce}"
        self._signature = b""
        # Whether the server still owes its proof.
        self.is_open = False

    def first(self) -> str:
        self.is_open = True
        return f"n,,{self._bare}"

    def final(self, challenge: str) -> str:
        fields = _fields(challenge)
        nonce, salt, iterations = fields.get("r", ""), _decoded(fields.get("s", "")), fields.get("i", "")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise ScramError("the server's nonce does not follow from the client's")
        if not iterations.isdecimal() or not 1 <= int(iterations) <= MOST_ITERATIONS:
            raise ScramError(f'the server wants "{iterations[:20]}" iterations')
        salted = _salted(self._password, salt, int(iterations))
        without_proof = f"c={_encoded(b'n,,')},r={nonce}"
        signed = f"{self._bare},{challenge},{without_proof}".encode()
        client = _mac(salted, b"Client Key")
        proof = bytes(a ^ b for a, b in zip(client, _mac(hashlib.sha256(client).digest(), signed), strict=True))
        self._signature = _mac(_mac(salted, b"Server Key"), signed)
        return f"{without_proof},p={_encoded(proof)}"

    def check(self, last: str) -> None:
        """Raises when the server does not prove that it knows the password as well."""
        signature = _decoded(_fields(last).get("v", ""))
        if not self._signature or not hmac.compare_digest(signature, self._signature):
            raise ScramError("the server does not know the password: it is another one")
        self.is_open = False


def verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """What `alter role ... password` takes in place of the password, so that no log of the server ever has it."""
    salt = salt or secrets.token_bytes(16)
    salted = _salted(_plain(password), salt, iterations)
    stored = hashlib.sha256(_mac(salted, b"Client Key")).digest()
    server = _mac(salted, b"Server Key")
    return f"{MECHANISM}${iterations}:{_encoded(salt)}${_encoded(stored)}:{_encoded(server)}"


def _plain(password: str) -> bytes:
    if not all(" " <= character <= "~" for character in password):
        # Without the password: it would end in a log.
        raise ValueError("a password may have printable ASCII characters only")
    return password.encode("ascii")


def _salted(password: bytes, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations)


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ScramError("the server's message is not base 64") from error


def _fields(message: str) -> dict[str, str]:
    """`r=...,s=...,i=4096`; an error of the server's is `e=...`."""
    fields = dict(part.split("=", 1) for part in message.split(",") if "=" in part)
    if "e" in fields:
        raise ScramError(f'the server says "{fields["e"][:80]}"')
    return fields
