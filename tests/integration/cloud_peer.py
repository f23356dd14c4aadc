"""Starts sagemaker_peer, and gives stock clients of it."""

import json
import os
import pathlib
import subprocess

import boto3
import botocore.config

BUILD = pathlib.Path(os.environ.get("SKERRY_BUILD", "build/ci"))
REGION = "eu-north-1"


class Peer:
    """SageMaker's API of a folder, until it is closed."""

    def __init__(self, folder, agent_socket=None, database=None):
        command = [str(BUILD / "bin" / "sagemaker_peer"), str(folder)]
        if agent_socket or database:
            command.append(str(agent_socket or ""))
        if database:
            command.append(database)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.facts = json.loads(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.facts['port']}"

    def client(self, service="sagemaker", viewer=False, key=None, secret=None,
               token=None, validate=True):
        prefix = "viewer_" if viewer else ""
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url,
            aws_access_key_id=key or self.facts[prefix + "key"],
            aws_secret_access_key=secret or self.facts[prefix + "secret"],
            aws_session_token=token,
            config=botocore.config.Config(
                parameter_validation=validate, retries={"max_attempts": 0}))

    def environment(self):
        """What points the AWS command line here, and at nothing else."""
        return {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
                "AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": self.facts["key"],
                "AWS_SECRET_ACCESS_KEY": self.facts["secret"],
                "AWS_EC2_METADATA_DISABLED": "true"}

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
