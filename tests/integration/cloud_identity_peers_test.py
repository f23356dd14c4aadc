"""Requests as boto3 signs them, verified by our code; and then changed ones.

Nothing is sent: what botocore would send is caught and given to identity_peer.
Needs build/venv-cloud (./run test cloud); skipped where that is not there.
"""

import hashlib
import io
import os
import pathlib
import subprocess
import time
import urllib.parse
from collections.abc import Callable

import pytest

boto3 = pytest.importorskip("boto3")

import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.config  # noqa: E402
import botocore.credentials  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", ROOT / "build/release"))
PROGRAM = BUILD / "bin/identity_peer"
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "a/session+token=="
OBJECT_NAMES = ["plain", "a/b/c.jsonl", "with space", "a+b=c&d?e#f", "ä€😀",
                "//double//slash", "./dot/../dots", "100%", "%41", "~-_.",
                "'quoted'(x)*!", "tab\tand\x7f"]
BODY = b"some bytes " * 700


class Caught(Exception):
    """Ends a call of boto3 at the moment that it would send."""


class Request:
    """What would be sent."""

    def __init__(self, method: str, url: str, headers: dict[str, str],
                 body: object) -> None:
        parts = urllib.parse.urlsplit(url)
        self.method = method
        self.target = parts.path or "/"
        if parts.query:
            self.target += "?" + parts.query
        self.headers = {name.lower(): value.decode()
                        if isinstance(value, bytes) else str(value)
                        for name, value in headers.items()}
        self.headers["host"] = parts.netloc
        if hasattr(body, "read"):
            body = body.read()
        self.body = body.encode() if isinstance(body, str) else body or b""


class Outcome:
    def __init__(self, output: bytes) -> None:
        lines, self.content = output.split(b"\n\n", 1)
        self.code, *self.trailers = lines.decode().split("\n")


def verify(folder: pathlib.Path, request: Request, later: float = 0,
           token: str = "") -> Outcome:
    head = [request.method, request.target]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    (folder / "head").write_text("\n".join(head))
    (folder / "body").write_bytes(request.body)
    environment = {**os.environ, "SESSION_TOKEN": token}
    output = subprocess.run(
        [str(PROGRAM), str(int(time.time() + later)), str(folder / "head"),
         str(folder / "body")], env=environment, capture_output=True,
        check=True, timeout=60)
    return Outcome(output.stdout)


def client(service: str, token: str | None = None, scheme: str = "http",
           **config: object) -> object:
    return boto3.client(
        service, region_name="eu-west-1",
        endpoint_url=f"{scheme}://localhost:8780", aws_access_key_id=KEY,
        aws_secret_access_key=SECRET, aws_session_token=token,
        config=botocore.config.Config(
            retries={"max_attempts": 0}, s3={"addressing_style": "path"},
            signature_version="s3v4" if service == "s3" else None, **config))


def caught(a_client: object, operation: str, **arguments: object) -> Request:
    requests = []

    def catch(request: botocore.awsrequest.AWSPreparedRequest,
              **_: object) -> None:
        requests.append(Request(request.method, request.url, request.headers,
                                request.body))
        raise Caught

    a_client.meta.events.register("before-send", catch)
    with pytest.raises(Caught):
        getattr(a_client, operation)(**arguments)
    return requests[0]


JSON_CALLS: list[tuple[str, str, dict[str, object]]] = [
    ("sagemaker", "list_devices", {}),
    ("sagemaker", "describe_device",
     {"DeviceName": "d-1", "DeviceFleetName": "fleet"}),
    ("sagemaker", "create_device_fleet",
     {"DeviceFleetName": "f", "Description": "ä€😀",
      "OutputConfig": {"S3OutputLocation": "s3://b/k"}}),
    ("sagemaker-edge", "get_deployments",
     {"DeviceName": "d-1", "DeviceFleetName": "fleet"}),
    ("sagemaker-edge", "send_heartbeat",
     {"DeviceName": "d-1", "DeviceFleetName": "fleet", "AgentVersion": "1"}),
    ("sagemaker-runtime", "invoke_endpoint",
     {"EndpointName": "with-dash", "Body": b"\0\1\2", "ContentType": "a/b",
      "TargetModel": "model/../x"}),
    ("sts", "get_caller_identity", {}),
]


@pytest.mark.parametrize("service,operation,arguments", JSON_CALLS,
                         ids=[call[1] for call in JSON_CALLS])
@pytest.mark.parametrize("token", ["", TOKEN], ids=["key", "session"])
def test_calls_of_other_services_are_verified_at_their_end(
        tmp_path: pathlib.Path, service: str, operation: str,
        arguments: dict[str, object], token: str) -> None:
    request = caught(client(service, token or None), operation, **arguments)
    outcome = verify(tmp_path, request, token=token)

    assert outcome.code == "ok"
    assert outcome.content == request.body
    request.body += b" "
    assert verify(tmp_path, request, token=token).code == \
        "InvalidSignatureException"


@pytest.mark.parametrize("name", OBJECT_NAMES)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_objects_of_any_name_are_put(tmp_path: pathlib.Path, name: str,
                                     scheme: str) -> None:
    request = caught(client("s3", scheme=scheme), "put_object", Bucket="b",
                     Key=name, Body=io.BytesIO(BODY), Metadata={"a": "b  c"})
    outcome = verify(tmp_path, request)

    assert outcome.code == "ok"
    assert outcome.content == BODY
    request.target += "x"
    assert verify(tmp_path, request).code == "SignatureDoesNotMatch"


def test_an_upload_over_tls_has_its_checksum_in_the_trailer(
        tmp_path: pathlib.Path) -> None:
    request = caught(client("s3", scheme="https"), "put_object", Bucket="b",
                     Key="k", Body=io.BytesIO(BODY),
                     ChecksumAlgorithm="SHA256")
    outcome = verify(tmp_path, request)

    assert request.headers["x-amz-content-sha256"] == \
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert outcome.code == "ok"
    assert outcome.content == BODY
    assert [line.split(":")[0] for line in outcome.trailers] == \
        ["x-amz-checksum-sha256"]
    assert BODY in request.body


@pytest.mark.parametrize("operation,arguments", [
    ("get_object", {"Key": "a b", "Range": "bytes=0-9"}),
    ("list_objects_v2", {"Prefix": "a+b/ä", "Delimiter": "/", "MaxKeys": 3}),
    ("create_multipart_upload", {"Key": "k", "ContentType": "a/b"}),
    ("list_object_versions", {}),
    ("delete_objects", {"Delete": {"Objects": [{"Key": "a"}]}}),
    ("copy_object", {"Key": "k", "CopySource": {"Bucket": "b", "Key": "ä"}}),
])
def test_other_calls_of_s3_are_verified(tmp_path: pathlib.Path, operation: str,
                                        arguments: dict[str, object]) -> None:
    request = caught(client("s3", TOKEN), operation, Bucket="b", **arguments)

    assert verify(tmp_path, request, token=TOKEN).code == "ok"
    assert verify(tmp_path, request, token="other").code == "InvalidToken"
    assert verify(tmp_path, request, 16 * 60, TOKEN).code == \
        "RequestTimeTooSkewed"
    request.headers["x-amz-acl"] = "public-read"
    assert verify(tmp_path, request, token=TOKEN).code == "AccessDenied"


@pytest.mark.parametrize("name", OBJECT_NAMES)
@pytest.mark.parametrize("operation", ["get_object", "put_object"])
@pytest.mark.parametrize("token", ["", TOKEN], ids=["key", "session"])
def test_presigned_urls_are_good_until_they_end(
        tmp_path: pathlib.Path, name: str, operation: str, token: str) -> None:
    url = client("s3", token or None).generate_presigned_url(
        operation, {"Bucket": "b", "Key": name}, ExpiresIn=100)
    method = "GET" if operation == "get_object" else "PUT"
    request = Request(method, url, {}, b"body")

    assert verify(tmp_path, request, token=token).code == "ok"
    assert verify(tmp_path, request, 110, token).code == "AccessDenied"
    assert verify(tmp_path, request, 110, token).code == "AccessDenied"
    request.target = request.target.replace("Expires=100", "Expires=101")
    assert verify(tmp_path, request, token=token).code == \
        "SignatureDoesNotMatch"


CHANGES: dict[str, Callable[[Request], object]] = {
    "method": lambda r: setattr(r, "method", "DELETE"),
    "target": lambda r: setattr(r, "target", r.target.replace("k", "l")),
    "query": lambda r: setattr(r, "target", r.target + "?acl"),
    "host": lambda r: r.headers.update(host="localhost:8781"),
    "metadata": lambda r: r.headers.update({"x-amz-meta-a": "c"}),
    "date": lambda r: r.headers.update(
        {"x-amz-date": r.headers["x-amz-date"][:-3] + "00Z"
         if r.headers["x-amz-date"][-3:] != "00Z"
         else r.headers["x-amz-date"][:-3] + "01Z"}),
    "hash": lambda r: r.headers.update(
        {"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}),
    "unsigned": lambda r: r.headers.update(
        {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_of_a_request_can_be_changed(tmp_path: pathlib.Path,
                                             change: str) -> None:
    # HTTP, so that the body's hash is signed.
    request = caught(client("s3", request_checksum_calculation="when_required"),
                     "put_object", Bucket="b", Key="k", Body=BODY,
                     Metadata={"a": "b"})
    assert verify(tmp_path, request).code == "ok"

    CHANGES[change](request)

    assert verify(tmp_path, request).code == "SignatureDoesNotMatch"
