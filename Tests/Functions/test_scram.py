# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64

import pytest

from shared.scram import Exchange, ScramError, verifier

# The example of RFC 7677, section 3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
CHALLENGE = f"r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
LAST = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange("pencil", nonce=NONCE, user="user")
    assert exchange.first() == f"n,,n=user,r={NONCE}"
    return exchange


def test_a_login_goes_as_in_the_example_of_the_rfc(exchange: Exchange) -> None:
    assert exchange.final(CHALLENGE) == (
        f"c=biws,r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert exchange.is_open
    exchange.check(LAST)
    assert not exchange.is_open


@pytest.mark.parametrize("last", ["v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "", "e=other-error", "v=?"])
def test_a_server_that_does_not_know_the_password_is_found_out(exchange: Exchange, last: str) -> None:
    exchange.final(CHALLENGE)
    with pytest.raises(ScramError):
        exchange.check(last)
    assert exchange.is_open


def test_a_proof_before_the_challenge_is_none(exchange: Exchange) -> None:
    with pytest.raises(ScramError):
        exchange.check("v=")


@pytest.mark.parametrize(
    "challenge",
    [
        "r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        CHALLENGE.replace("i=4096", "i=0"),
        CHALLENGE.replace("i=4096", "i=1000000000"),
        CHALLENGE.replace("i=4096", "i=-1"),
        CHALLENGE.replace("W22ZaJ0SNY7soEsUEjb6gQ==", "*"),
        "",
    ],
)
def test_a_challenge_that_breaks_the_protocol_is_refused(exchange: Exchange, challenge: str) -> None:
    with pytest.raises(ScramError):
        exchange.final(challenge)


def test_a_verifier_has_the_form_in_which_postgresql_keeps_it() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert verifier("pencil") != verifier("pencil")


def test_a_password_that_cannot_be_written_is_refused_without_being_told() -> None:
    with pytest.raises(ValueError, match="printable ASCII") as refused:
        verifier("pässword")
    assert "ä" not in str(refused.value)
