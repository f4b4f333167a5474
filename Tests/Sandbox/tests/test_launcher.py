# SPDX-License-Identifier: Apache-2.0
"""The launcher as tests and people start it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import boto3
import pytest
from conftest import Aws
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from test_replay import HOME, started


def launch(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harecon_sandbox", *arguments], cwd=HOME, stdout=subprocess.PIPE, text=True
    )


def test_a_stranger_with_boto3_needs_only_the_endpoint_and_a_key() -> None:
    with started("harecon_sandbox") as ready:
        rds = boto3.client(
            "rds",
            endpoint_url=str(ready["endpoint"]),
            region_name="eu-central-1",
            aws_access_key_id="AKIA111122223333",
            aws_secret_access_key="sandbox-secret-111122223333",
        )
        assert rds.describe_db_clusters()["DBClusters"] == []


def test_the_ready_file_says_what_the_ready_line_says_and_sigterm_ends_it(tmp_path: Path) -> None:
    process = launch("--ready-file", str(tmp_path / "ready"), "--page", "2", "--scale", "60")
    assert process.stdout
    line = process.stdout.readline()
    assert (tmp_path / "ready").read_text() == line
    ready = json.loads(line)
    assert ready["pid"] == process.pid
    account = Aws(ready["endpoint"], "111122223333")
    assert account.control("settings")["page"] == 2
    assert account.control("clock")["scale"] == 60
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def test_a_person_is_told_how_to_use_it() -> None:
    process = launch("--person")
    assert process.stdout
    text = ""
    while "same digits" not in text:
        text += process.stdout.readline()
    exports = dict(re.findall(r"export (\w+)=(\S+)", text))
    assert set(exports) == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
    assert "harecon plan" in text
    with urllib.request.urlopen(f"{exports['AWS_ENDPOINT_URL']}/_sandbox/health", timeout=10) as answer:
        assert json.load(answer) == {"ok": True}
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with started("harecon_sandbox") as ready:
        port = str(ready["endpoint"]).rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "harecon_sandbox", "--port", port],
            check=False,
            cwd=HOME,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert second.returncode != 0
    assert "ddress already in use" in second.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "cert.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


def test_tls_is_served_with_a_certificate(certificate: tuple[Path, Path]) -> None:
    pem, key = certificate
    with started("harecon_sandbox", "--cert", str(pem), "--key", str(key)) as ready:
        endpoint = str(ready["endpoint"])
        assert endpoint.startswith("https://")
        kms = boto3.client(
            "kms",
            endpoint_url=endpoint,
            region_name="us-east-1",
            verify=str(pem),
            aws_access_key_id="AKIA111122223333",
            aws_secret_access_key="sandbox-secret-111122223333",
        )
        assert kms.list_keys()["Keys"] == []
