"""skerry-cloud over PostgreSQL: jobs, and replicas that share the database and
one data folder."""

from __future__ import annotations

import random
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import cloud
import postgres
from cloud_job_support import (JOB_WAIT_S, await_compilation, client, compiled,
                               download, package, tiny_archive, tiny_request)

if not postgres.PROGRAMS.is_dir():
    pytest.skip(f"there is no {postgres.PROGRAMS}", allow_module_level=True)


@pytest.fixture(name="database", scope="module")
def start_database():
    running = postgres.Postgres()
    yield running
    running.stop()


@pytest.fixture(name="tiny", scope="module")
def make_tiny(tmp_path_factory) -> bytes:
    return tiny_archive(tmp_path_factory.mktemp("tiny"))


class Replicas:
    """Servers of one data folder, one of them without workers."""

    def __init__(self, folder, database: postgres.Postgres, workers=("0", "2")):
        for name in ("first", "second"):
            (folder / name).mkdir()
        self.first = cloud.Cloud(
            folder / "first", "--workers", workers[0],
            init=("--database", database.new_database()))
        self.second = cloud.Cloud(
            folder / "second", "--workers", workers[1], of=self.first)

    def stop(self) -> None:
        self.first.stop()
        self.second.stop()


@pytest.fixture(name="replicas")
def start_replicas(tmp_path, database):
    running = Replicas(tmp_path, database)
    yield running
    running.stop()


def test_what_is_put_on_one_is_read_on_the_other(replicas) -> None:
    one, two = (client(replicas.first, "s3"), client(replicas.second, "s3"))
    one.create_bucket(Bucket="shared")
    upload = one.create_multipart_upload(Bucket="shared", Key="big")
    parts = []
    for number, server in ((1, one), (2, two)):
        body = random.Random(number).randbytes(5 << 20)
        etag = server.upload_part(
            Bucket="shared", Key="big", UploadId=upload["UploadId"],
            PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    two.complete_multipart_upload(
        Bucket="shared", Key="big", UploadId=upload["UploadId"],
        MultipartUpload={"Parts": parts})

    one.put_object(Bucket="shared", Key="k", Body=b"one")
    assert two.get_object(Bucket="shared", Key="k")["Body"].read() == b"one"
    two.put_object(Bucket="shared", Key="k", Body=b"two")
    assert one.get_object(Bucket="shared", Key="k")["Body"].read() == b"two"
    whole = one.get_object(Bucket="shared", Key="big")["Body"].read()
    assert whole == (random.Random(1).randbytes(5 << 20)
                     + random.Random(2).randbytes(5 << 20))
    with pytest.raises(ClientError) as refused:
        two.create_bucket(Bucket="shared")
    assert refused.value.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"


def test_one_write_of_many_at_once_wins(replicas) -> None:
    clients = [client(server, "s3") for server in
               (replicas.first, replicas.second) for _ in range(3)]
    clients[0].create_bucket(Bucket="race")
    won: list[int] = []

    def put(index: int) -> None:
        try:
            clients[index].put_object(Bucket="race", Key="k", IfNoneMatch="*",
                                      Body=str(index).encode())
            won.append(index)
        except ClientError as error:
            assert error.response["Error"]["Code"] in (
                "PreconditionFailed", "ConditionalRequestConflict"), error

    threads = [threading.Thread(target=put, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    body = clients[5].get_object(Bucket="race", Key="k")["Body"].read()
    assert body == str(won[0]).encode()


def test_a_job_of_one_is_run_by_the_other(replicas, tiny) -> None:
    s3, sagemaker = (client(replicas.first, service)
                     for service in ("s3", "sagemaker"))
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)

    job = compiled(sagemaker, tiny_request("there"))
    made = package(client(replicas.second, "sagemaker"), "package", "there",
                   "1")

    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    assert made["EdgePackagingJobStatus"] == "COMPLETED", made
    assert download(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    assert "name=there" in replicas.second.log()
    # The log of the job is in the folder that both share.
    log = replicas.first.skerry("logs", "there")
    assert "artifact: s3://models/" in log.stdout, log


def test_a_key_that_one_removes_ends_on_the_other(replicas) -> None:
    added = cloud.exports(replicas.first.skerry(
        "keys", "add", "--role", "viewer", "--name", "brief").stdout)
    replicas.second.keys |= added
    s3 = client(replicas.second, "s3")
    s3.list_buckets()

    removed = replicas.first.skerry("keys", "remove",
                                    added["AWS_ACCESS_KEY_ID"])

    assert removed.returncode == 0, removed.stderr
    end = time.monotonic() + 10
    with pytest.raises(ClientError) as refused:
        while time.monotonic() < end:
            s3.list_buckets()
            time.sleep(0.1)
    assert refused.value.response["Error"]["Code"] == "InvalidAccessKeyId"


def test_a_replica_that_is_killed_loses_nothing(tmp_path, database,
                                                tiny) -> None:
    running = Replicas(tmp_path, database, workers=("1", "1"))
    clients = {}

    def renew() -> None:
        for server in (running.first, running.second):
            for service in ("s3", "sagemaker"):
                clients[server, service] = client(server, service)

    renew()
    s3 = clients[running.first, "s3"]
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
    objects: list[int] = []
    jobs: list[str] = []

    def submit(server) -> None:
        for number in range(60 if server is running.first else 30):
            try:
                if server is running.first:
                    clients[server, "s3"].put_object(
                        Bucket="models", Key=f"o/{number}",
                        Body=random.Random(number).randbytes(100_000))
                    objects.append(number)
                else:
                    name = f"job-{number}"
                    clients[server, "sagemaker"].create_compilation_job(
                        **tiny_request(name))
                    jobs.append(name)
            except BotoCoreError:
                time.sleep(0.05)  # nobody was told that it is done
            time.sleep(0.02)

    threads = [threading.Thread(target=submit, args=(server,))
               for server in (running.first, running.second)]
    for thread in threads:
        thread.start()
    chance = random.Random(3)
    kills = 0
    try:
        while any(thread.is_alive() for thread in threads) or kills < 4:
            time.sleep(chance.uniform(0.2, 0.6))
            victim = (running.first, running.second)[kills % 2]
            victim.kill()
            kills += 1
            victim.start()
            renew()
        for thread in threads:
            thread.join()

        # The first one goes for good.
        running.first.kill()
        s3 = clients[running.second, "s3"]
        sagemaker = clients[running.second, "sagemaker"]
        assert len(objects) > 10 and len(jobs) > 5
        for number in objects:
            body = s3.get_object(Bucket="models", Key=f"o/{number}")["Body"]
            assert body.read() == random.Random(number).randbytes(100_000)
        end = time.monotonic() + JOB_WAIT_S
        for name in jobs:
            job = await_compilation(sagemaker, name,
                                    max(1.0, end - time.monotonic()))
            if job["CompilationJobStatus"] == "FAILED":
                # Three workers died under it, which is what it must say.
                assert "workers were lost" in job["FailureReason"], job
            else:
                assert job["CompilationJobStatus"] == "COMPLETED", job
                assert download(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    finally:
        running.stop()
