"""An S3 server of ours and clients of others for it."""

from __future__ import annotations

import os
import pathlib
import subprocess

import boto3
import botocore.config

BUILD = pathlib.Path(os.environ["SKERRY_BUILD"])
REGION = "us-east-1"


class Server:
    """s3_test_main over a folder, started anew as often as asked."""

    def __init__(self, folder: pathlib.Path, grace: int = 3600) -> None:
        self.folder = folder
        self._grace = grace
        self._process: subprocess.Popen[str] | None = None
        self._log = (folder / "log").open("a")
        self.start()

    def start(self) -> None:
        database = os.environ.get("SKERRY_S3_DATABASE",
                                  f"sqlite:{self.folder / 'db'}")
        self._process = subprocess.Popen(
            [BUILD / "bin" / "s3_test_main", database,
             self.folder / "objects", str(self._grace)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.admin = tuple(self._process.stdout.readline().split())
        self.viewer = tuple(self._process.stdout.readline().split())

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        assert self._process is not None and self._process.stdin is not None
        if self._process.poll() is None:
            self._process.stdin.close()
            assert self._process.wait(timeout=20) == 0
        self._log.close()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host_url(self) -> str:
        return f"http://localhost:{self.port}"

    def client(self, keys: tuple[str, ...] | None = None, style: str = "path",
               url: str | None = None, **config):
        access, secret = keys or self.admin
        return boto3.client(
            "s3", endpoint_url=url or self.url, region_name=REGION,
            aws_access_key_id=access, aws_secret_access_key=secret,
            config=botocore.config.Config(
                s3={"addressing_style": style}, max_pool_connections=32,
                retries={"total_max_attempts": config.pop("attempts", 1)},
                **config))

    def environment(self) -> dict[str, str]:
        """Variables that point stock clients here."""
        return {**os.environ, "AWS_ACCESS_KEY_ID": self.admin[0],
                "AWS_SECRET_ACCESS_KEY": self.admin[1], "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url,
                "AWS_CONFIG_FILE": "/nonexistent",
                "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
                "AWS_EC2_METADATA_DISABLED": "true"}
