"""Captured data and the S3 client against S3 as others wrote it.

moto is the server, boto3 reads what our client put, and botocore says which
signature a request must have. Needs build/venv (./run test peers); skipped
where that is not there.
"""

import base64
import http.server
import json
import os
import pathlib
import subprocess
import threading
from collections.abc import Iterator

import pytest

boto3 = pytest.importorskip("boto3")
moto_server = pytest.importorskip("moto.server")

import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.credentials  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build/release"))
PROGRAM = BUILD / "bin/s3_peer"
BUCKET = "sagemaker-captures"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "a/session+token=="}
OBJECT_NAMES = ["plain", "a/b/c.jsonl", "with space", "a+b=c&d?e#f", "ä€😀",
                "//double//slash", "./dot/../dots", "100%", "%41", "~-_.",
                "'quoted'(x)*!", "tab\tand\x7f"]


def run_peer(*arguments: object) -> None:
    result = subprocess.run([str(PROGRAM), *map(str, arguments)],
                            env={**os.environ, **KEYS}, timeout=120,
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.fixture(name="endpoint", scope="module")
def make_endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(name="s3")
def make_s3(endpoint: str) -> "boto3.client":
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                          aws_access_key_id="id", aws_secret_access_key="key")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for name in names(client):
        client.delete_object(Bucket=BUCKET, Key=name)
    client.delete_bucket(Bucket=BUCKET)


def names(s3: "boto3.client") -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def read(s3: "boto3.client", name: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()


def test_boto3_reads_what_our_client_put(
        s3: "boto3.client", endpoint: str, tmp_path: pathlib.Path) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "file").write_bytes(content)

    run_peer("put", endpoint, BUCKET, "a folder/ä+b.bin", tmp_path / "file")

    assert names(s3) == ["a folder/ä+b.bin"]
    assert read(s3, "a folder/ä+b.bin") == content


def test_an_error_of_s3_is_told(endpoint: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    result = subprocess.run(
        [PROGRAM, "put", endpoint, "nothing-there", "k", tmp_path / "file"],
        env={**os.environ, **KEYS}, capture_output=True, text=True,
        check=False)

    assert result.returncode == 1
    assert "S3 answered 404 NoSuchBucket: " in result.stderr


@pytest.mark.parametrize("way", ["at once", "by way of the disk"])
def test_boto3_reads_captured_data(s3: "boto3.client", endpoint: str,
                                   tmp_path: pathlib.Path, way: str) -> None:
    folder = [] if way == "at once" else [tmp_path / "captures"]

    run_peer("capture", endpoint, BUCKET, 25, *folder)

    found = names(s3)
    files = [name for name in found if name.endswith(".jsonl")]
    assert len(files) >= 3
    lines = {}
    for name in files:
        parts = name.split("/")
        assert parts[:3] == ["sme-capture", "fleet", "detector"]
        assert [len(part) for part in parts[3:7]] == [4, 2, 2, 2]
        for text in read(s3, name).decode().splitlines():
            line = json.loads(text)
            line["folder"] = name.rpartition("/")[0]
            lines[line["eventMetadata"]["eventId"]] = line
    assert set(lines) == {f"capture-{i}" for i in range(25)}
    for i in range(25):
        line = lines[f"capture-{i}"]
        image = line["deviceFleetInputs"][0]
        score = line["deviceFleetOutputs"][0]
        assert image["observedContentType"] == "Tensor[uint8; 1, 3, 50, 50]"
        payload = f"{line['folder']}/{image['data-ref']}"
        assert read(s3, payload) == bytes([i]) * 7500
        assert base64.b64decode(score["data"]) == bytes([i]) * 2


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers 200, and keeps what was asked."""

    requests: "list[tuple[str, dict[str, str], bytes]]" = []

    def do_PUT(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.requests.append((self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(name="recorder")
def make_recorder() -> Iterator[str]:
    Recorder.requests.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def botocore_signature(path: str, headers: "dict[str, str]", body: bytes,
                       signed: "list[str]") -> str:
    """The signature that botocore gives a request that arrived."""
    credentials = botocore.credentials.Credentials(*KEYS.values())
    auth = botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1")
    request = botocore.awsrequest.AWSRequest(
        "PUT", f"http://{headers['host']}{path}", data=body,
        headers={name: headers[name] for name in signed if name != "host"})
    request.context["timestamp"] = headers["x-amz-date"]
    return auth.signature(
        auth.string_to_sign(request, auth.canonical_request(request)), request)


@pytest.mark.parametrize("name", OBJECT_NAMES)
def test_botocore_gives_the_same_signature(
        recorder: str, tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"content of " + name.encode())

    run_peer("put", recorder, BUCKET, name, tmp_path / "file")

    path, headers, body = Recorder.requests[0]
    assert body == b"content of " + name.encode()
    fields = dict(part.split("=", 1) for part in
                  headers["authorization"].split(" ", 1)[1].split(", "))
    signed = fields["SignedHeaders"].split(";")
    assert {"host", "x-amz-content-sha256", "x-amz-date",
            "x-amz-security-token"} <= set(signed)
    assert fields["Signature"] == botocore_signature(path, headers, body,
                                                     signed)
