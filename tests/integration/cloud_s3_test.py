"""The S3 protocol as boto3 speaks it."""

from __future__ import annotations

import base64
import concurrent.futures
import datetime
import gzip
import hashlib
import hmac
import http.client
import io
import os
import pathlib
import random
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

import cloud
import postgres
from cloud_s3_support import Server

MIB = 1 << 20
PART = 5 * MIB
ODD_KEYS = ["a b+c", "ä/ü€𝄞", "../../etc/passwd", "a//b", "/lead", "..",
            "%41", "x&y<z>\"'", "end/", "a?b#c", "~-._", "k=v;w"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(tmp_path_factory: pytest.TempPathFactory,
           request: pytest.FixtureRequest):
    database = None
    if request.param == "postgresql":
        if not postgres.PROGRAMS.is_dir():
            pytest.skip(f"there is no {postgres.PROGRAMS}")
        database = postgres.Postgres()
    running = Server(
        tmp_path_factory.mktemp("s3"),
        init=("--database", database.new_database()) if database else ())
    yield running
    running.stop()
    if database:
        database.stop()


@pytest.fixture(scope="module")
def s3(server: Server):
    return server.client()


@pytest.fixture
def bucket(s3, request: pytest.FixtureRequest) -> str:
    name = "t" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=name)
    return name


def fails(code: str, status: int, call, **arguments) -> dict:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    return response


def data_of(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


# --- buckets -----------------------------------------------------------------

def test_buckets_are_made_listed_and_removed(s3) -> None:
    s3.create_bucket(Bucket="my-bucket.one")
    s3.head_bucket(Bucket="my-bucket.one")

    listed = s3.list_buckets()
    assert "my-bucket.one" in [b["Name"] for b in listed["Buckets"]]
    assert s3.get_bucket_location(
        Bucket="my-bucket.one")["LocationConstraint"] is None
    fails("BucketAlreadyOwnedByYou", 409, s3.create_bucket,
          Bucket="my-bucket.one")
    s3.put_object(Bucket="my-bucket.one", Key="k", Body=b"x")
    fails("BucketNotEmpty", 409, s3.delete_bucket, Bucket="my-bucket.one")
    s3.delete_object(Bucket="my-bucket.one", Key="k")
    s3.delete_bucket(Bucket="my-bucket.one")
    fails("404", 404, s3.head_bucket, Bucket="my-bucket.one")
    fails("NoSuchBucket", 404, s3.list_objects_v2, Bucket="my-bucket.one")


@pytest.mark.parametrize("name", ["Upper-case", "10.0.0.1", "a..b", "-abc",
                                  "xn--abc"])
def test_bad_bucket_names_are_refused(s3, name: str) -> None:
    fails("InvalidBucketName", 400, s3.create_bucket, Bucket=name)


def test_a_bucket_may_be_named_by_the_host(
        server: Server, s3, bucket: str,
        monkeypatch: pytest.MonkeyPatch) -> None:
    # Not every resolver knows that all of localhost is this machine.
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more:
                        look_up("127.0.0.1", *rest, **more))
    virtual = server.client(style="virtual", url=server.host_url)

    virtual.put_object(Bucket=bucket, Key="a/b", Body=b"by host")

    got = s3.get_object(Bucket=bucket, Key="a/b")
    assert got["Body"].read() == b"by host"
    assert [o["Key"] for o in
            virtual.list_objects_v2(Bucket=bucket)["Contents"]] == ["a/b"]


def test_what_is_not_offered_is_told(s3, bucket: str) -> None:
    fails("NotImplemented", 501, s3.get_bucket_acl, Bucket=bucket)
    fails("NotImplemented", 501, s3.get_bucket_policy, Bucket=bucket)
    fails("NotImplemented", 501, s3.put_object, Bucket=bucket, Key="k",
          Body=b"", ACL="public-read")


# --- objects -----------------------------------------------------------------

@pytest.mark.parametrize("size", [0, 1, 1000, 300_000, 3 * MIB])
def test_an_object_comes_back_as_it_was_put(s3, bucket: str,
                                            size: int) -> None:
    data = data_of(size)

    put = s3.put_object(Bucket=bucket, Key="k", Body=data,
                        ContentType="image/x", CacheControl="max-age=3",
                        ContentDisposition="attachment", ContentLanguage="de",
                        Metadata={"one": "1", "two": "a b"})
    got = s3.get_object(Bucket=bucket, Key="k")

    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert got["Body"].read() == data
    assert got["ETag"] == put["ETag"]
    assert got["ContentLength"] == size
    assert got["ContentType"] == "image/x"
    assert got["CacheControl"] == "max-age=3"
    assert got["ContentDisposition"] == "attachment"
    assert got["ContentLanguage"] == "de"
    assert got["Metadata"] == {"one": "1", "two": "a b"}
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["ContentLength"] == size
    assert head["LastModified"] == got["LastModified"]


@pytest.mark.parametrize("key", ODD_KEYS + ["n" * 1024])
def test_a_key_may_be_any_text(s3, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [o["Key"] for o in listed] == [key]
    copy = "copy of " + key[:1000]
    s3.copy_object(Bucket=bucket, Key=copy,
                   CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key=copy)["Body"].read() == key.encode()
    deleted = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": copy}]})
    assert len(deleted["Deleted"]) == 2
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_key_that_is_too_long_is_refused(s3, bucket: str) -> None:
    fails("KeyTooLongError", 400, s3.put_object, Bucket=bucket, Key="n" * 1025,
          Body=b"")


def test_missing_things_are_told_apart(s3, bucket: str) -> None:
    error = fails("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="k")
    assert error["Error"]["Message"] == "there is no object 'k'"
    assert error["ResponseMetadata"]["RequestId"]
    fails("404", 404, s3.head_object, Bucket=bucket, Key="k")
    fails("NoSuchBucket", 404, s3.get_object, Bucket="no-such-bucket", Key="k")
    fails("NoSuchBucket", 404, s3.put_object, Bucket="no-such-bucket", Key="k",
          Body=b"x")
    fails("NoSuchVersion", 404, s3.get_object, Bucket=bucket, Key="k",
          VersionId="v")
    s3.delete_object(Bucket=bucket, Key="k")  # no error, as in S3


@pytest.mark.parametrize("header,start,end", [
    ("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=990-", 990, 1000),
    ("bytes=-7", 993, 1000), ("bytes=-5000", 0, 1000),
    ("bytes=500-99999", 500, 1000)])
def test_a_range_is_a_part_of_it(s3, bucket: str, header: str, start: int,
                                 end: int) -> None:
    data = data_of(1000)
    s3.put_object(Bucket=bucket, Key="k", Body=data)

    got = s3.get_object(Bucket=bucket, Key="k", Range=header)

    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["Body"].read() == data[start:end]
    assert got["ContentRange"] == f"bytes {start}-{end - 1}/1000"
    head = s3.head_object(Bucket=bucket, Key="k", Range=header)
    assert head["ContentLength"] == end - start


def test_a_range_after_the_end_is_refused(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"12345")

    for header in ("bytes=5-", "bytes=5-9", "bytes=-0"):
        fails("InvalidRange", 416, s3.get_object, Bucket=bucket, Key="k",
              Range=header)
    for header in ("bytes=3-1", "lines=1-2", "bytes=x-"):
        got = s3.get_object(Bucket=bucket, Key="k", Range=header)
        assert got["Body"].read() == b"12345"


def test_conditions_of_a_read(s3, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    when = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    hour = datetime.timedelta(hours=1)
    get = {"Bucket": bucket, "Key": "k"}

    s3.get_object(**get, IfMatch=etag)
    s3.get_object(**get, IfNoneMatch='"other"')
    s3.get_object(**get, IfModifiedSince=when - hour)
    s3.get_object(**get, IfUnmodifiedSince=when + hour)
    s3.get_object(**get, IfMatch=etag, IfUnmodifiedSince=when - hour)
    fails("PreconditionFailed", 412, s3.get_object, **get, IfMatch='"other"')
    fails("304", 304, s3.get_object, **get, IfNoneMatch=etag)
    fails("304", 304, s3.get_object, **get, IfModifiedSince=when)
    fails("PreconditionFailed", 412, s3.get_object, **get,
          IfUnmodifiedSince=when - hour)


def test_conditions_of_a_write(s3, bucket: str) -> None:
    put = {"Bucket": bucket, "Key": "k"}
    etag = s3.put_object(**put, Body=b"1", IfNoneMatch="*")["ETag"]

    fails("PreconditionFailed", 412, s3.put_object, **put, Body=b"2",
          IfNoneMatch="*")
    fails("PreconditionFailed", 412, s3.put_object, **put, Body=b"2",
          IfMatch='"other"')
    s3.put_object(**put, Body=b"3", IfMatch=etag)
    fails("NoSuchKey", 404, s3.put_object, Bucket=bucket, Key="none", Body=b"",
          IfMatch=etag)
    assert s3.get_object(**put)["Body"].read() == b"3"


def test_one_of_many_that_write_a_new_object_wins(s3, bucket: str) -> None:
    def put(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=str(number).encode(),
                          IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        won = [i for i, ok in enumerate(pool.map(put, range(24))) if ok]

    assert len(won) == 1
    body = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert body == str(won[0]).encode()


def test_the_query_may_override_headers(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="a/b",
                        ResponseContentDisposition='attachment; filename="y"')

    assert got["ContentType"] == "a/b"
    assert got["ContentDisposition"] == 'attachment; filename="y"'
    fails("InvalidArgument", 400, s3.get_object, Bucket=bucket, Key="k",
          ResponseContentType="a\r\nSet-Cookie: b")


def test_metadata_has_a_limit(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"m": "v" * 2047})
    fails("MetadataTooLarge", 400, s3.put_object, Bucket=bucket, Key="k",
          Body=b"", Metadata={"m": "v" * 2048})


def test_tags(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=x%20y")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2

    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={
        "TagSet": [{"Key": "c&d", "Value": "=<>"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "c&d", "Value": "=<>"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    fails("InvalidTag", 400, s3.put_object_tagging, Bucket=bucket, Key="k",
          Tagging={"TagSet": [{"Key": "a", "Value": "1"}] * 2})


# --- checksums ---------------------------------------------------------------

SUMS = {"CRC32": "ChecksumCRC32", "SHA1": "ChecksumSHA1",
        "SHA256": "ChecksumSHA256"}


@pytest.mark.parametrize("algorithm", SUMS)
def test_a_checksum_is_kept_and_told(s3, bucket: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello",
                        ChecksumAlgorithm=algorithm)

    name = SUMS[algorithm]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"hello"  # which boto3 checks
    assert got[name] == put[name]
    assert got["ChecksumType"] == "FULL_OBJECT"
    attributes = s3.get_object_attributes(
        Bucket=bucket, Key="k",
        ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
    assert attributes["Checksum"][name] == put[name]
    assert attributes["ObjectSize"] == 5
    assert name not in s3.get_object(Bucket=bucket, Key="k", Range="bytes=1-2",
                                     ChecksumMode="ENABLED")


@pytest.mark.parametrize("header,value", [
    ("ChecksumCRC32", base64.b64encode(b"1234").decode()),
    ("ChecksumCRC32C", base64.b64encode(b"1234").decode()),
    ("ChecksumCRC64NVME", base64.b64encode(b"12345678").decode()),
    ("ChecksumSHA1", base64.b64encode(b"1" * 20).decode()),
    ("ChecksumSHA256", base64.b64encode(b"1" * 32).decode()),
    ("ContentMD5", base64.b64encode(b"1" * 16).decode())])
def test_a_wrong_checksum_is_refused(s3, bucket: str, header: str,
                                     value: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")

    fails("BadDigest", 400, s3.put_object, Bucket=bucket, Key="k",
          Body=b"after", **{header: value})

    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"


def test_checksums_that_are_none_are_refused(s3, bucket: str) -> None:
    fails("InvalidDigest", 400, s3.put_object, Bucket=bucket, Key="k",
          Body=b"x", ContentMD5="short")
    fails("InvalidRequest", 400, s3.put_object, Bucket=bucket, Key="k",
          Body=b"x", ChecksumSHA256="AAAA")


def test_a_body_in_signed_chunks_is_content_only(server: Server, s3,
                                                 bucket: str) -> None:
    data = data_of(200_000)
    chunk = 64 << 10
    credentials = botocore.credentials.Credentials(*server.admin)
    request = botocore.awsrequest.AWSRequest(
        "PUT", f"{server.url}/{bucket}/chunked", data=b"", headers={
            "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "x-amz-decoded-content-length": str(len(data)),
            "content-encoding": "gzip,aws-chunked"})
    auth = botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1")
    auth.payload = lambda _: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    auth.add_auth(request)
    time = request.headers["X-Amz-Date"]
    scope = f"{time[:8]}/us-east-1/s3/aws4_request"
    key = b"AWS4" + server.admin[1].encode()
    for word in scope.split("/"):
        key = hmac.digest(key, word.encode(), "sha256")
    before = request.headers["Authorization"].rsplit("=", 1)[1]
    body = b""
    for at in [*range(0, len(data), chunk), len(data)]:
        piece = data[at:at + chunk]
        text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", time, scope, before,
                          hashlib.sha256(b"").hexdigest(),
                          hashlib.sha256(piece).hexdigest()])
        before = hmac.digest(key, text.encode(), "sha256").hex()
        body += (f"{len(piece):x};chunk-signature={before}\r\n".encode()
                 + piece + b"\r\n")
    headers = dict(request.headers.items())

    def put(content: bytes) -> int:
        sent = urllib.request.Request(request.url, data=content, method="PUT",
                                      headers=headers)
        try:
            return urllib.request.urlopen(sent).status
        except urllib.error.HTTPError as error:
            return error.code

    assert put(body.replace(b"\r\n", b"\r\n", 1)) == 200
    got = s3.get_object(Bucket=bucket, Key="chunked")
    assert got["Body"].read() == data
    assert got["ContentEncoding"] == "gzip"
    middle = len(body) // 2
    bad = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1:]
    assert put(bad) == 403


# --- lists -------------------------------------------------------------------

KEYS = ["a", "b/1", "b/2", "b/c/3", "b0", "c/", "c/x", "d e/f", "é/1", "é/2"]


@pytest.fixture(scope="module")
def listed(s3) -> str:
    s3.create_bucket(Bucket="listed")
    for key in KEYS:
        s3.put_object(Bucket="listed", Key=key, Body=key.encode())
    return "listed"


def pages(paginate, **arguments) -> tuple[list[str], list[str], int]:
    keys, prefixes, count = [], [], 0
    for page in paginate(**arguments):
        count += 1
        keys += [o["Key"] for o in page.get("Contents", [])]
        prefixes += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    return keys, prefixes, count


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("prefix,delimiter", [
    ("", ""), ("", "/"), ("b", ""), ("b/", "/"), ("b", "/"), ("c/", "/"),
    ("", "é"), ("zz", ""), ("", "b/")])
def test_pages_together_are_the_list(s3, listed: str, operation: str, size: int,
                                     prefix: str, delimiter: str) -> None:
    keys, prefixes, count = pages(
        s3.get_paginator(operation).paginate, Bucket=listed, Prefix=prefix,
        Delimiter=delimiter, PaginationConfig={"PageSize": size})

    wanted_keys, wanted_prefixes = [], []
    for key in sorted(KEYS, key=str.encode):
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        if at < 0:
            wanted_keys.append(key)
        elif key[:at + len(delimiter)] not in wanted_prefixes:
            wanted_prefixes.append(key[:at + len(delimiter)])
    assert keys == wanted_keys
    assert prefixes == wanted_prefixes
    entries = len(keys) + len(prefixes)
    assert count == max(1, -(-entries // size))


def test_a_list_may_start_after_a_key(s3, listed: str) -> None:
    got = s3.list_objects_v2(Bucket=listed, StartAfter="b/2", FetchOwner=True)

    assert [o["Key"] for o in got["Contents"]] == ["b/c/3", "b0", "c/", "c/x",
                                                   "d e/f", "é/1", "é/2"]
    assert got["Contents"][0]["Owner"]["ID"] == "000000000000"
    assert got["KeyCount"] == 7
    one = s3.list_objects(Bucket=listed, Marker="b0", MaxKeys=1)
    assert [o["Key"] for o in one["Contents"]] == ["c/"]
    none = s3.list_objects_v2(Bucket=listed, MaxKeys=0)
    assert none["KeyCount"] == 0 and not none["IsTruncated"]


def test_bad_list_parameters_are_refused(s3, listed: str) -> None:
    fails("InvalidArgument", 400, s3.list_objects_v2, Bucket=listed,
          ContinuationToken="no token")
    fails("InvalidArgument", 400, s3.list_objects_v2, Bucket=listed, MaxKeys=-1)
    fails("InvalidArgument", 400, s3.list_object_versions, Bucket=listed,
          VersionIdMarker="x")


def test_a_delimiter_skips_what_it_hides(s3, bucket: str) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: s3.put_object(
            Bucket=bucket, Key=f"d{i % 3}/{i:04}", Body=b""), range(300)))

    got = s3.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=2)

    assert [p["Prefix"] for p in got["CommonPrefixes"]] == ["d0/", "d1/"]
    assert got["IsTruncated"]
    keys, _, count = pages(s3.get_paginator("list_objects_v2").paginate,
                           Bucket=bucket, PaginationConfig={"PageSize": 70})
    assert len(keys) == 300 and keys == sorted(keys) and count == 5


# --- versions ----------------------------------------------------------------

def test_versions_are_kept_and_told(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={
        "Status": "Enabled"})
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")

    assert marker["DeleteMarker"]
    fails("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="k")
    for version, body in ((one, b"1"), (two, b"2"), ("null", b"0")):
        got = s3.get_object(Bucket=bucket, Key="k", VersionId=version)
        assert got["Body"].read() == body
    fails("MethodNotAllowed", 405, s3.get_object, Bucket=bucket, Key="k",
          VersionId=marker["VersionId"])
    versions = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in versions["Versions"]] == [two, one, "null"]
    assert [m["IsLatest"] for m in versions["DeleteMarkers"]] == [True]

    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=two)
    assert s3.get_object(Bucket=bucket, Key="k")["VersionId"] == one
    fails("BucketNotEmpty", 409, s3.delete_bucket, Bucket=bucket)

    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={
        "Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"3")
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(v["VersionId"], v["IsLatest"]) for v in versions] == [
        ("null", True), (one, False)]


def test_pages_of_versions_together_are_the_list(s3, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={
        "Status": "Enabled"})
    wanted = []
    for key in ("a", "b/1", "b/2", "c"):
        ids = [s3.put_object(Bucket=bucket, Key=key,
                             Body=b"%d" % i)["VersionId"] for i in range(3)]
        wanted += [(key, version) for version in reversed(ids)]
    everything = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(v["Key"], v["VersionId"]) for v in everything] == wanted

    for size in (1, 2, 5):
        got = [(v["Key"], v["VersionId"])
               for page in s3.get_paginator("list_object_versions").paginate(
                   Bucket=bucket, PaginationConfig={"PageSize": size})
               for v in page.get("Versions", [])]
        assert got == wanted
    # Removed page by page, as tools empty a bucket.
    marker: dict[str, str] = {}
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=2, **marker)
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [
            {"Key": v["Key"], "VersionId": v["VersionId"]}
            for v in page.get("Versions", [])]})
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"],
                  "VersionIdMarker": page["NextVersionIdMarker"]}
    s3.delete_bucket(Bucket=bucket)


# --- copies ------------------------------------------------------------------

def test_a_copy_has_the_metadata_that_was_asked_for(s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Metadata={"m": "1"},
                  ContentType="t/a", Tagging="q=1")
    source = {"Bucket": bucket, "Key": "a"}

    s3.copy_object(Bucket=bucket, Key="b", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source,
                   MetadataDirective="REPLACE", Metadata={"n": "2"},
                   ContentType="t/c")

    b = s3.get_object(Bucket=bucket, Key="b")
    assert (b["Metadata"], b["ContentType"], b["TagCount"]) == (
        {"m": "1"}, "t/a", 1)
    c = s3.get_object(Bucket=bucket, Key="c")
    assert (c["Metadata"], c["ContentType"]) == ({"n": "2"}, "t/c")
    assert c["Body"].read() == b"x"
    fails("InvalidRequest", 400, s3.copy_object, Bucket=bucket, Key="a",
          CopySource=source)
    fails("PreconditionFailed", 412, s3.copy_object, Bucket=bucket, Key="d",
          CopySource=source, CopySourceIfMatch='"other"')
    fails("NoSuchKey", 404, s3.copy_object, Bucket=bucket, Key="d",
          CopySource={"Bucket": bucket, "Key": "none"})


# --- uploads in parts --------------------------------------------------------

def upload(s3, bucket: str, key: str, parts: list[bytes], **options) -> dict:
    begun = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)
    sums = [name for name in ("ChecksumCRC32", "ChecksumSHA256",
                              "ChecksumCRC64NVME")]
    done = []
    for number, part in enumerate(parts, 1):
        extra = {}
        if "ChecksumAlgorithm" in options:
            extra["ChecksumAlgorithm"] = options["ChecksumAlgorithm"]
        put = s3.upload_part(Bucket=bucket, Key=key, PartNumber=number,
                             UploadId=begun["UploadId"], Body=part, **extra)
        done.append({"PartNumber": number, "ETag": put["ETag"],
                     **{name: put[name] for name in sums
                        if name in put and "ChecksumAlgorithm" in options}})
    return s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=begun["UploadId"],
        MultipartUpload={"Parts": done})


@pytest.mark.parametrize("algorithm,kind", [
    (None, None), ("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"),
    ("SHA256", "COMPOSITE")])
def test_parts_become_an_object(s3, bucket: str, algorithm, kind) -> None:
    parts = [data_of(PART, 1), data_of(PART, 2), data_of(1000, 3)]
    options = {"Metadata": {"m": "1"}, "ContentType": "t/x"}
    if algorithm:
        options |= {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}

    done = upload(s3, bucket, "k", parts, **options)

    md5 = hashlib.md5(b"".join(hashlib.md5(p).digest() for p in parts))
    assert done["ETag"] == f'"{md5.hexdigest()}-3"'
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"".join(parts)
    assert (got["Metadata"], got["ContentType"]) == ({"m": "1"}, "t/x")
    if algorithm == "SHA256":
        joined = b"".join(hashlib.sha256(p).digest() for p in parts)
        wanted = base64.b64encode(hashlib.sha256(joined).digest()).decode()
        assert got["ChecksumSHA256"] == wanted + "-3"
    if kind == "FULL_OBJECT":
        crc = zlib.crc32(b"".join(parts)).to_bytes(4, "big")
        assert got["ChecksumCRC32"] == base64.b64encode(crc).decode()
        assert got["ChecksumType"] == "FULL_OBJECT"
    second = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert second["Body"].read() == parts[1]
    assert second["PartsCount"] == 3
    assert second["ResponseMetadata"]["HTTPStatusCode"] == 206
    attributes = s3.get_object_attributes(
        Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 3


def test_what_is_wrong_with_parts_is_told(s3, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "k"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    one = s3.upload_part(**where, PartNumber=1, Body=b"small")["ETag"]
    two = s3.upload_part(**where, PartNumber=7, Body=b"last")["ETag"]

    def complete(*parts) -> dict:
        return {**where, "MultipartUpload": {"Parts": [
            {"PartNumber": n, "ETag": etag} for n, etag in parts]}}

    finish = s3.complete_multipart_upload
    fails("InvalidPartOrder", 400, finish, **complete((7, two), (1, one)))
    fails("InvalidPart", 400, finish, **complete((1, two)))
    fails("InvalidPart", 400, finish, **complete((2, one)))
    fails("EntityTooSmall", 400, finish, **complete((1, one), (7, two)))
    fails("MalformedXML", 400, finish, **complete())
    fails("InvalidArgument", 400, s3.upload_part, **where, PartNumber=10001,
          Body=b"")
    fails("NoSuchUpload", 404, s3.upload_part, Bucket=bucket, Key="other",
          UploadId=where["UploadId"], PartNumber=1, Body=b"")
    listed = s3.list_parts(**where, MaxParts=1)
    assert [p["PartNumber"] for p in listed["Parts"]] == [1]
    assert listed["IsTruncated"]
    more = s3.list_parts(**where, PartNumberMarker=1)
    assert [p["PartNumber"] for p in more["Parts"]] == [7]

    first = finish(**complete((7, two)))
    assert finish(**complete((7, two)))["ETag"] == first["ETag"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"last"
    fails("NoSuchUpload", 404, s3.upload_part, **where, PartNumber=1, Body=b"")


def test_uploads_are_listed_and_aborted(s3, bucket: str) -> None:
    ids = {key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
           for key in ("a", "b/1", "b/2", "c")}

    for size in (1, 3, 100):
        got = [u["Key"] for page in
               s3.get_paginator("list_multipart_uploads").paginate(
                   Bucket=bucket, PaginationConfig={"PageSize": size})
               for u in page.get("Uploads", [])]
        assert got == ["a", "b/1", "b/2", "c"]
    grouped = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in grouped["CommonPrefixes"]] == ["b/"]
    for key, upload_id in ids.items():
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    fails("NoSuchUpload", 404, s3.abort_multipart_upload, Bucket=bucket,
          Key="a", UploadId=ids["a"])


def test_a_part_may_be_a_copy(s3, bucket: str) -> None:
    data = data_of(PART + 1000)
    s3.put_object(Bucket=bucket, Key="source", Body=data)
    where = {"Bucket": bucket, "Key": "k"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    source = {"Bucket": bucket, "Key": "source"}

    whole = s3.upload_part_copy(**where, PartNumber=1, CopySource=source)
    some = s3.upload_part_copy(**where, PartNumber=2, CopySource=source,
                               CopySourceRange="bytes=10-19")
    fails("InvalidArgument", 400, s3.upload_part_copy, **where, PartNumber=3,
          CopySource=source, CopySourceRange="bytes=10-99999999")
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": [
        {"PartNumber": n, "ETag": p["CopyPartResult"]["ETag"]}
        for n, p in ((1, whole), (2, some))]})

    body = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert body == data + data[10:20]


def test_the_transfer_manager_goes_both_ways(s3, bucket: str,
                                             tmp_path: pathlib.Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(data_of(40 * MIB + 17))
    config = TransferConfig(multipart_threshold=8 * MIB,
                            multipart_chunksize=8 * MIB, max_concurrency=4)

    s3.upload_file(str(path), bucket, "k", Config=config)
    s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy", Config=config)
    s3.download_file(bucket, "copy", str(tmp_path / "out"), Config=config)

    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-6"')


def sizes() -> list[int]:
    """1,000 sizes from 1 KB up, most of them small, evenly on a scale of
    logarithms; SKERRY_S3_BYTES_MAX (5000000000) for the largest."""
    largest = int(os.environ.get("SKERRY_S3_BYTES_MAX", 24 * MIB))

    def spread(first: int, last: int, count: int) -> list[int]:
        return [round(first * (last / first) ** (i / count))
                for i in range(count)]

    return (spread(1000, largest // 640, 960)
            + spread(largest // 640, largest // 10, 36)
            + [largest // 5, largest // 3, largest // 2, largest])


def test_a_thousand_objects_in_and_out(server: Server, s3, bucket: str,
                                       tmp_path: pathlib.Path) -> None:
    config = TransferConfig(multipart_threshold=8 * MIB,
                            multipart_chunksize=8 * MIB)
    block = data_of(MIB, 9)

    def write(path: pathlib.Path, number: int, size: int) -> str:
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for at in range(0, size, MIB):
                piece = b"%6d%18d" % (number, at) + block
                piece = piece[:min(MIB, size - at)]
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest()

    def there_and_back(number: int, size: int) -> bool:
        path = tmp_path / str(number)
        digest = write(path, number, size)
        s3.upload_file(str(path), bucket, f"o/{number}", Config=config)
        path.unlink()
        s3.download_file(bucket, f"o/{number}", str(path), Config=config)
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == digest
        path.unlink()
        return same and s3.head_object(
            Bucket=bucket, Key=f"o/{number}")["ContentLength"] == size

    wanted = sizes()
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(there_and_back, range(len(wanted)), wanted))
    peak = cloud.resident_bytes(server.process.pid, peak=True)
    print(f"{len(wanted)} objects, {sum(wanted)} bytes each way, the largest "
          f"{max(wanted)}: {time.monotonic() - begun:.0f} s, the server's "
          f"memory {peak / MIB:.1f} MiB at most")
    keys, _, _ = pages(s3.get_paginator("list_objects_v2").paginate,
                       Bucket=bucket)
    assert len(keys) == 1000
    assert peak < 256 * MIB


# --- who may -----------------------------------------------------------------

def test_presigned_urls_work_and_end(server: Server, bucket: str) -> None:
    s3 = server.client(signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "a b/ü", "ContentType": "text/plain"})
    get = s3.generate_presigned_url("get_object", Params={
        "Bucket": bucket, "Key": "a b/ü"})

    urllib.request.urlopen(urllib.request.Request(
        put, data=b"presigned", method="PUT",
        headers={"Content-Type": "text/plain"}))
    assert urllib.request.urlopen(get).read() == b"presigned"

    for bad in (get.replace("a%20b", "a%20c"), get.replace(
            "X-Amz-Expires=3600", "X-Amz-Expires=3601")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(bad)
        assert refused.value.code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in refused.value.read()


def fetch(url: str, data: bytes | None = None, method: str = "GET",
          **headers: str) -> tuple[int, bytes]:
    """Status and body; sends no header that is not asked for."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request(method, f"{parts.path}?{parts.query}", data,
                       {name.replace("_", "-"): value
                        for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_presigned_urls_of_version_2_work_and_end(server: Server, s3,
                                                  bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "a b/ü+&"}
    sign = s3.generate_presigned_url  # as boto3 is set up for us-east-1

    put = sign("put_object", Params={**where, "ContentType": "text/plain",
                                     "Metadata": {"one": "1"}})
    get = sign("get_object", Params=where)
    assert "AWSAccessKeyId=" in put and "X-Amz-Signature" not in put
    headers = {"Content_Type": "text/plain", "x_amz_meta_one": "1"}
    assert fetch(put, b"two", "PUT", **headers)[0] == 200
    assert fetch(get) == (200, b"two")
    assert s3.head_object(**where)["Metadata"] == {"one": "1"}
    named = sign("get_object", Params={
        **where, "ResponseContentDisposition": 'attachment; filename="x y"',
        "ResponseContentType": "text/x"})
    answer = urllib.request.urlopen(named)
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="x y"')
    assert answer.headers["Content-Type"] == "text/x"
    listing = sign("list_objects_v2", Params={"Bucket": bucket,
                                              "Prefix": "a b/"})
    assert b"<KeyCount>1</KeyCount>" in fetch(listing)[1]

    late = sign("get_object", Params=where, ExpiresIn=-1)
    other = server.client((server.admin[0], "wrong")).generate_presigned_url(
        "get_object", Params=where)
    viewer = server.client(server.viewer).generate_presigned_url(
        "put_object", Params=where)
    for code, url, *rest in (
            (b"AccessDenied", late), (b"SignatureDoesNotMatch", other),
            (b"SignatureDoesNotMatch", get.replace("a%20b", "a%20c")),
            (b"SignatureDoesNotMatch", get, b"x", "PUT"),
            (b"SignatureDoesNotMatch", get.replace("Expires=", "Expires=9")),
            (b"SignatureDoesNotMatch", get + "&versionId=null"),
            (b"AccessDenied", get + "&attributes"),
            (b"AccessDenied", put, b"x", "PUT"),  # without its headers
            (b"AccessDenied", viewer, b"x", "PUT")):
        status, body = fetch(url, *rest)
        assert status == 403 and b"<Code>" + code in body, (url, body)
    assert b"Request has expired" in fetch(late)[1]
    assert fetch(get) == (200, b"two")


def test_version_2_signs_parts_and_versions(s3, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={
        "Status": "Enabled"})
    where = {"Bucket": bucket, "Key": "k"}
    sign = s3.generate_presigned_url
    begun = fetch(sign("create_multipart_upload", Params=where), b"", "POST")
    upload = {**where, "UploadId": re.search(
        rb"<UploadId>(.*)</UploadId>", begun[1])[1].decode()}
    part = sign("upload_part", Params={**upload, "PartNumber": 1})
    assert fetch(part, b"part", "PUT")[0] == 200
    assert fetch(part.replace("partNumber=1", "partNumber=2"), b"x",
                 "PUT")[0] == 403
    etag = s3.list_parts(**upload)["Parts"][0]["ETag"]
    first = s3.complete_multipart_upload(**upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": etag}]})["VersionId"]
    s3.put_object(**where, Body=b"second")

    old = sign("get_object", Params={**where, "VersionId": first})

    assert fetch(old) == (200, b"part")
    assert fetch(sign("get_object", Params=where)) == (200, b"second")


def test_version_2_by_host_and_by_session(
        server: Server, s3, bucket: str,
        monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more:
                        look_up("127.0.0.1", *rest, **more))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    virtual = server.client(style="virtual", url=server.host_url)
    session = server.client(service="sts").get_session_token()["Credentials"]
    passing = boto3.client(
        "s3", endpoint_url=server.url, region_name="us-east-1",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"])

    by_host = virtual.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"})
    by_session = passing.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "k"})

    assert f"//{bucket}.localhost" in by_host and "Signature=" in by_host
    assert fetch(by_host) == (200, b"x")
    assert "x-amz-security-token=" in by_session
    assert fetch(by_session) == (200, b"x")
    cut = re.sub("x-amz-security-token=[^&]*&?", "", by_session)
    assert b"InvalidToken" in fetch(cut)[1]


def test_who_may_not_is_told(server: Server, s3, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    viewer = server.client(server.viewer)

    assert viewer.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    fails("AccessDenied", 403, viewer.put_object, Bucket=bucket, Key="k",
          Body=b"y")
    fails("AccessDenied", 403, viewer.delete_bucket, Bucket=bucket)
    wrong = server.client((server.admin[0], "wrong"))
    fails("SignatureDoesNotMatch", 403, wrong.list_buckets)
    unknown = server.client(("AKIAUNKNOWN000000000", "wrong"))
    fails("InvalidAccessKeyId", 403, unknown.list_buckets)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/{bucket}/k")
    assert refused.value.code == 403
    assert "s3_refused" in server.log()


def test_bad_targets_are_refused(server: Server, s3, bucket: str) -> None:
    for path in ("/%zz", f"/{bucket}/%f", f"/{bucket}/%ff", f"/{bucket}/%00",
                 "//k"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url + path)
        assert refused.value.code == 400, path


def post(server: Server, path: str, body: bytes) -> bytes:
    """The answer, or the error's, to a signed request with any body."""
    request = botocore.awsrequest.AWSRequest(
        "POST", server.url + path, data=body,
        headers={"x-amz-content-sha256": hashlib.sha256(body).hexdigest()})
    botocore.auth.S3SigV4Auth(
        botocore.credentials.Credentials(*server.admin), "s3",
        "us-east-1").add_auth(request)
    try:
        return urllib.request.urlopen(urllib.request.Request(
            request.url, data=body, method="POST",
            headers=dict(request.headers.items()))).read()
    except urllib.error.HTTPError as error:
        return error.read()


def test_bad_xml_is_refused(server: Server, bucket: str) -> None:
    deep = b"<Delete>" + b"<a>" * 100_000
    many = b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>"
    for body in (b"", b"no xml", b"<Delete/>", deep, b"<Other/>", many):
        answer = post(server, f"/{bucket}?delete=", body)
        assert b"<Code>MalformedXML</Code>" in answer, body[:40]
    assert b"<Code>EntityTooLarge</Code>" in post(
        server, f"/{bucket}?delete=", b" " * (5 * MIB))
    bomb = (b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
            b"<Delete><Object><Key>&b;</Key></Object></Delete>")
    answer = post(server, f"/{bucket}?delete=", bomb)
    assert b"<Deleted>" in answer and b"aaaa" not in answer


def test_every_change_is_in_the_audit_log(server: Server, s3,
                                          bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="audited", Body=b"x")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "audited"}, {"Key": "two"}]})

    entries = cloud.json_of(server.skerry("audit", "--json", "--count", "20"))
    arn = f"arn:aws:s3:::{bucket}/"
    rows = [(entry["action"], entry["resource"], entry["access_key_id"])
            for entry in entries["entries"]
            if entry["resource"].startswith(arn)]

    assert sorted(rows) == [
        ("s3:DeleteObject", arn + "audited", server.admin[0]),
        ("s3:DeleteObject", arn + "two", server.admin[0]),
        ("s3:PutObject", arn + "audited", server.admin[0])]


def test_a_compressed_body_stays_what_it_is(s3, bucket: str) -> None:
    packed = gzip.compress(b"text")
    s3.put_object(Bucket=bucket, Key="k", Body=io.BytesIO(packed),
                  ContentEncoding="gzip")

    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ContentEncoding"] == "gzip"
    assert got["Body"].read() == packed
