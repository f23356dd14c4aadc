"""S3 by the AWS command line and the JavaScript SDK, and after kills."""

from __future__ import annotations

import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

import boto3.exceptions
import boto3.s3.transfer
import botocore.exceptions
import pytest

from cloud_s3_support import Server

HERE = pathlib.Path(__file__).parent
MIB = 1 << 20
UPLOADS = int(os.environ.get("SKERRY_S3_UPLOADS", "500"))


@pytest.fixture
def server(tmp_path: pathlib.Path):
    (tmp_path / "s3").mkdir()
    running = Server(tmp_path / "s3")
    yield running
    running.stop()


def aws(server: Server, *arguments: str) -> str:
    program = pathlib.Path(sys.executable).parent / "aws"
    result = subprocess.run([program, *arguments], env=server.environment(),
                            capture_output=True, text=True, timeout=120,
                            check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_command_line_copies_and_syncs(server: Server,
                                           tmp_path: pathlib.Path) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "a.txt").write_text("a")
    (tree / "sub" / "b c.bin").write_bytes(os.urandom(20 * MIB))

    aws(server, "s3", "mb", "s3://bucket")
    aws(server, "s3", "sync", str(tree), "s3://bucket/tree")
    listed = aws(server, "s3", "ls", "--recursive", "s3://bucket/")
    aws(server, "s3", "sync", "s3://bucket/tree", str(tmp_path / "back"))
    aws(server, "s3", "cp", "s3://bucket/tree/a.txt", "s3://bucket/copy.txt")

    assert [line.split(maxsplit=3)[3] for line in listed.splitlines()] == [
        "tree/a.txt", "tree/sub/b c.bin"]
    assert (tmp_path / "back" / "sub" / "b c.bin").read_bytes() == (
        tree / "sub" / "b c.bin").read_bytes()
    assert aws(server, "s3", "sync", str(tree), "s3://bucket/tree") == ""
    head = json.loads(aws(server, "s3api", "head-object", "--bucket", "bucket",
                          "--key", "copy.txt"))
    assert head["ContentLength"] == 1
    aws(server, "s3", "rm", "--recursive", "s3://bucket/")
    aws(server, "s3", "rb", "s3://bucket")
    assert aws(server, "s3", "ls") == ""


def test_the_command_line_presigns(server: Server) -> None:
    client = server.client()
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="a b", Body=b"content")

    for region, mark in (("us-east-1", "AWSAccessKeyId="),
                         ("eu-central-1", "X-Amz-Signature=")):
        url = aws(server, "s3", "presign", "s3://bucket/a b", "--expires-in",
                  "60", "--region", region).strip()
        assert mark in url
        assert urllib.request.urlopen(url).read() == b"content"


def test_the_javascript_sdk_goes_through(server: Server) -> None:
    modules = os.environ.get("SKERRY_NODE_PATH", "")
    if not (pathlib.Path(modules) / "@aws-sdk" / "lib-storage").is_dir():
        pytest.skip("SKERRY_NODE_PATH has no @aws-sdk/lib-storage")
    assert shutil.which("node")

    result = subprocess.run(
        ["node", HERE / "cloud_s3.mjs", modules, "js-bucket"],
        env=server.environment(), capture_output=True, text=True, timeout=120,
        check=False)

    assert result.returncode == 0, result.stderr
    assert result.stdout == "all well\n"


def content_of(number: int) -> bytes:
    size = 1000 + number * 37 if number % 25 else 6 * MIB + number
    return random.Random(number).randbytes(size)


def test_what_was_acknowledged_survives_kills(server: Server) -> None:
    server.client().create_bucket(Bucket="bucket")
    config = boto3.s3.transfer.TransferConfig(
        multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    acknowledged: set[int] = set()
    began: set[int] = set()
    numbers = iter(range(UPLOADS))
    lock = threading.Lock()
    ready = threading.Event()
    ready.set()

    def work(_: int) -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            ready.wait()
            began.add(number)
            try:
                client = server.client(connect_timeout=5, read_timeout=20)
                body = content_of(number)
                if number % 25:
                    client.put_object(Bucket="bucket", Key=str(number),
                                      Body=body)
                else:
                    client.upload_fileobj(io.BytesIO(body), "bucket",
                                          str(number), Config=config)
            except (botocore.exceptions.BotoCoreError,
                    botocore.exceptions.ClientError,
                    boto3.exceptions.S3UploadFailedError):
                continue
            acknowledged.add(number)

    kills = 0
    chance = random.Random(7)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, i) for i in range(4)]
        while not all(task.done() for task in running):
            time.sleep(chance.uniform(0.3, 1.5))
            ready.clear()
            server.kill()
            kills += 1
            server.start()
            ready.set()
        for task in running:
            task.result()

    client = server.client()
    there = {int(o["Key"]): o["Size"]
             for page in client.get_paginator("list_objects_v2").paginate(
                 Bucket="bucket") for o in page.get("Contents", [])}
    assert kills >= 3 and len(acknowledged) > UPLOADS // 4
    assert acknowledged <= set(there)
    for number in there:
        body = client.get_object(Bucket="bucket",
                                 Key=str(number))["Body"].read()
        assert body == content_of(number)
    for path in (server.objects / "sha256").rglob("*"):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert digest == path.parent.name + path.name
