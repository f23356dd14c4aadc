"""skerry-cloud as an S3, and clients of others for it."""

from __future__ import annotations

import pathlib

import boto3
import botocore.config

import cloud

REGION = "us-east-1"


class Server(cloud.Cloud):
    """A control plane with an admin's and a viewer's key."""

    def __init__(self, folder: pathlib.Path, *options,
                 init: tuple = ()) -> None:
        super().__init__(folder, "--workers", "0", *options, init=init)
        self.admin = (self.keys["AWS_ACCESS_KEY_ID"],
                      self.keys["AWS_SECRET_ACCESS_KEY"])
        made = self.skerry("keys", "add", "--role", "viewer", "--name", "test")
        assert made.returncode == 0, made.stderr
        self.viewer = tuple(cloud.exports(made.stdout).values())

    @property
    def objects(self) -> pathlib.Path:
        return self.folder / "objects"

    @property
    def host_url(self) -> str:
        return f"http://localhost:{self.port}"

    def client(self, keys: tuple[str, ...] | None = None, style: str = "path",
               url: str | None = None, service: str = "s3", **config):
        access, secret = keys or self.admin
        return boto3.client(
            service, endpoint_url=url or self.url, region_name=REGION,
            aws_access_key_id=access, aws_secret_access_key=secret,
            config=botocore.config.Config(
                s3={"addressing_style": style}, max_pool_connections=32,
                retries={"total_max_attempts": config.pop("attempts", 1)},
                **config))
