"""Where skerry-cloud's objects are: on an S3 of others, or on a disk that
fills up."""

from __future__ import annotations

import hashlib
import os
import pathlib
import subprocess

import pytest
from botocore.exceptions import ClientError

import cloud
from cloud_job_support import (await_compilation, client, compiled, download,
                               package, tiny_archive, tiny_request)

MIB = 1 << 20


@pytest.fixture(name="tiny", scope="module")
def make_tiny(tmp_path_factory) -> bytes:
    return tiny_archive(tmp_path_factory.mktemp("tiny"))


# --- an external S3 ----------------------------------------------------------

class Elsewhere:
    """A control plane whose objects are in another S3: a second one of ours."""

    def __init__(self, folder: pathlib.Path, tiny: bytes, *options) -> None:
        for name in ("store", "plane"):
            (folder / name).mkdir()
        self.store = cloud.Cloud(folder / "store", "--workers", "0")
        self.s3 = client(self.store, "s3")
        self.s3.create_bucket(Bucket="models")
        self.s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
        self.credentials = folder / "credentials"
        self.credentials.touch(0o600)
        self.credentials.write_text(
            "[default]\naws_access_key_id = "
            f"{self.store.keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = "
            f"{self.store.keys['AWS_SECRET_ACCESS_KEY']}\n")
        self.options = ("--object-endpoint", self.store.url,
                        "--object-credentials", self.credentials)
        self.plane = cloud.Cloud(folder / "plane", *self.options, *options)
        self.sagemaker = client(self.plane, "sagemaker")

    def stop(self) -> None:
        self.plane.stop()
        self.store.stop()


@pytest.fixture(name="elsewhere", scope="module")
def make_elsewhere(tmp_path_factory, tiny):
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"), tiny)
    yield made
    made.stop()


@pytest.fixture(name="fresh")
def make_fresh(tmp_path, tiny, request):
    """One of a test's own, with the options that it is parametrised by."""
    made = Elsewhere(tmp_path, tiny, *request.param)
    yield made
    made.stop()


def test_jobs_take_and_leave_objects_elsewhere(elsewhere) -> None:
    job = compiled(elsewhere.sagemaker, tiny_request("outside"))
    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    made = package(elsewhere.sagemaker, "outside-package", "outside", "1")
    assert made["EdgePackagingJobStatus"] == "COMPLETED", made

    artifact = download(elsewhere.s3,
                        job["ModelArtifacts"]["S3ModelArtifacts"])
    assert job["ModelDigests"]["ArtifactDigest"] == (
        "blake2b:" + hashlib.blake2b(artifact).hexdigest())
    keys = [o["Key"] for o in elsewhere.s3.list_objects_v2(
        Bucket="models", Prefix="packages/")["Contents"]]
    assert any(key.endswith(".tar.gz") for key in keys), keys
    blobs = (elsewhere.plane.folder / "objects" / "sha256").rglob("*")
    assert not [path for path in blobs if path.is_file()]


def test_the_control_planes_own_s3_says_where_objects_are(elsewhere) -> None:
    s3 = client(elsewhere.plane, "s3")
    for call, arguments in (
            (s3.list_buckets, {}),
            (s3.put_object, {"Bucket": "models", "Key": "k", "Body": b"x"}),
            (s3.get_object, {"Bucket": "models", "Key": "in/tiny.tar.gz"})):
        with pytest.raises(ClientError) as refused:
            call(**arguments)
        error = refused.value.response
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert error["Error"]["Code"] == "NotImplemented"
        assert elsewhere.store.url in error["Error"]["Message"]
    # Where it is, only those with a key are told.
    status, _, body = elsewhere.plane.get("/models/in/tiny.tar.gz")
    assert status == 403
    assert elsewhere.store.url.encode() not in body


@pytest.mark.parametrize("fresh", [["--workers", "0"]], indirect=True)
def test_a_worker_elsewhere_goes_to_the_same_s3(fresh, tmp_path) -> None:
    fresh.sagemaker.create_compilation_job(**tiny_request("remote"))
    command = [cloud.PROGRAM, "worker", "--url", fresh.plane.url, "--work",
               tmp_path / "work"]
    env = fresh.plane.environment()
    refused = subprocess.run(
        [*command, "--object-endpoint", fresh.store.url], env=env,
        capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2
    assert "--object-credentials" in refused.stderr
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen([*command, *fresh.options], env=env,
                                  stdout=log, stderr=subprocess.STDOUT)
    try:
        job = await_compilation(fresh.sagemaker, "remote")
    finally:
        worker.terminate()
        assert worker.wait(60) == 0
    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    assert download(fresh.s3, job["ModelArtifacts"]["S3ModelArtifacts"])


@pytest.mark.parametrize("fresh", [["--object-scope", "s3://models/in"]],
                         indirect=True)
def test_why_a_job_fails_without_its_objects(fresh) -> None:
    outside = compiled(fresh.sagemaker, tiny_request("outside"))
    fresh.store.stop()
    down = compiled(fresh.sagemaker, tiny_request("down"))

    assert outside["CompilationJobStatus"] == "FAILED"
    assert "s3://models/tiny/" in outside["FailureReason"]
    assert "is not below s3://models/in" in outside["FailureReason"]
    assert down["CompilationJobStatus"] == "FAILED"
    assert down["FailureReason"] == (
        "ServerError: cannot look at models/in/tiny.tar.gz: "
        f"{fresh.store.url}: Connection refused")


@pytest.mark.parametrize("options, words", [
    (["--object-region", "eu-west-1"], "--object-endpoint"),
    (["--object-endpoint", "ftp://x"], "the S3 endpoint"),
    (["--object-endpoint", "http://x", "--object-credentials", "/nowhere"],
     "/nowhere"),
    (["--object-endpoint", "http://x", "--object-scope", "models"],
     "s3://BUCKET"),
    (["--object-endpoint", "http://x"], "AWS_ACCESS_KEY_ID"),
])
def test_bad_settings_of_it_are_named(tmp_path, options, words) -> None:
    folder = tmp_path / "data"
    assert cloud.run("init", "--data", folder).returncode == 0
    env = {"PATH": os.environ["PATH"]}
    if "--object-scope" in options or "ftp://x" in options:
        env |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}

    ended = cloud.run("serve", "--data", folder, "--listen", "127.0.0.1:0",
                      "--workers", "0", *options, env=env)

    assert ended.returncode in (1, 2)
    assert words in ended.stderr
