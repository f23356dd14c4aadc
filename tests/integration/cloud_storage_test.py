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


# --- a full disk -------------------------------------------------------------

class SmallDisk:
    """A file system of a few MiB, mounted at a folder."""

    def __init__(self, folder: pathlib.Path, mebibytes: int) -> None:
        self.folder = folder
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none",
             folder], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            pytest.skip("cannot mount: " + mounted.stderr)

    def resize(self, mebibytes: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={mebibytes}m",
                        self.folder], check=True)

    def fill(self) -> None:
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                return

    def unmount(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


def refusal(call, **arguments) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response
    assert "No space left on device" in error["Error"]["Message"] or (
        "full" in error["Error"]["Message"]), error
    return (error["Error"]["Code"],
            error["ResponseMetadata"]["HTTPStatusCode"])


FULL = ("InsufficientStorage", 507)


@pytest.fixture(name="small")
def serve_small_disk(tmp_path):
    """Objects on 24 MiB; all else has room."""
    plane = cloud.Cloud(tmp_path, "--workers", "0")
    plane.stop()
    disk = SmallDisk(plane.folder / "objects", 24)
    plane.start()
    yield plane, disk
    plane.stop()
    disk.unmount()


def test_an_upload_to_a_full_disk_leaves_nothing(small) -> None:
    plane, disk = small
    s3 = client(plane, "s3")
    s3.create_bucket(Bucket="bucket")
    data = os.urandom(8 * MIB)
    s3.put_object(Bucket="bucket", Key="kept", Body=data)

    for _ in range(3):
        assert refusal(s3.put_object, Bucket="bucket", Key="kept",
                       Body=os.urandom(20 * MIB)) == FULL
    upload = {"Bucket": "bucket", "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    assert refusal(s3.upload_part, **upload, PartNumber=1,
                   Body=os.urandom(20 * MIB)) == FULL
    body = os.urandom(6 * MIB)
    parts = {"Parts": [
        {"PartNumber": number, "ETag": s3.upload_part(
            **upload, PartNumber=number, Body=body + bytes(number))["ETag"]}
        for number in (1, 2)]}
    # Parts are joined into one file, which has no room beside them.
    assert refusal(s3.complete_multipart_upload, **upload,
                   MultipartUpload=parts) == FULL

    assert s3.get_object(Bucket="bucket", Key="kept")["Body"].read() == data
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="bucket")[
        "Contents"]] == ["kept"]
    assert not list((plane.folder / "objects" / "incoming").iterdir())
    blobs = [path for path in (plane.folder / "objects" / "sha256").rglob("*")
             if path.is_file()]
    assert len(blobs) == 3
    for path in blobs:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == (
            path.parent.name + path.name)
    assert "No space left on device" in plane.log()
    disk.resize(64)
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    whole = s3.get_object(Bucket="bucket", Key="parts")["Body"].read()
    assert whole == body + bytes(1) + body + bytes(2)


def test_a_full_disk_of_metadata_ends_no_server(tmp_path) -> None:
    (tmp_path / "disk").mkdir()
    disk = SmallDisk(tmp_path / "disk", 24)
    plane = cloud.Cloud(tmp_path / "disk", "--workers", "0")
    try:
        s3, sagemaker = client(plane, "s3"), client(plane, "sagemaker")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="k", Body=b"there")
        disk.fill()

        codes = set()
        for number in range(2000):  # until the journal's own room is used up
            try:
                sagemaker.create_device_fleet(
                    DeviceFleetName=f"fleet-{number}",
                    Description="d" * 800,
                    OutputConfig={"S3OutputLocation": "s3://bucket/x"})
            except ClientError as error:
                codes.add(error.response["ResponseMetadata"]["HTTPStatusCode"])
                break
        assert codes and min(codes) >= 500
        assert refusal(s3.put_object, Bucket="bucket", Key="k",
                       Body=b"x" * MIB) == FULL
        assert s3.get_object(Bucket="bucket",
                             Key="k")["Body"].read() == b"there"
        assert plane.get("/healthz")[0] == 200

        (disk.folder / "ballast").unlink()
        s3.put_object(Bucket="bucket", Key="k", Body=b"again")
        assert s3.get_object(Bucket="bucket",
                             Key="k")["Body"].read() == b"again"
        fleets = sagemaker.get_paginator("list_device_fleets").paginate()
        assert sum(len(page["DeviceFleetSummaries"])
                   for page in fleets) == number
        assert plane.stop() == 0
    finally:
        plane.kill()
        disk.unmount()
