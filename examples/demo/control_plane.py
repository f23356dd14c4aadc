"""A control plane, and what the demo asks of it as any client of AWS would:
by boto3, pointed at it by an endpoint URL."""

import json
import pathlib
import re
import time
from collections.abc import Callable

import boto3
import botocore.exceptions

from console import Fault, run
from network import INPUT_NAME, INPUT_SHAPE
from service import LOG_LINES, Service

BUCKET = "models"
ROLE = "arn:aws:iam::000000000000:role/demo"
JOB_SECONDS_MAX = 600
POLL_S = 0.25
POLLS_PER_DOT = 4


class ControlPlane(Service):
    """`skerry-cloud` over a data folder of its own in `folder`."""

    def __init__(self, programs: pathlib.Path, folder: pathlib.Path) -> None:
        self.data = folder / "cloud"
        program = programs / "skerry-cloud"
        made = run(program, "init", "--data", self.data)
        self._keys = dict(re.findall(r"^export (\w+)=(.*)$", made,
                                     re.MULTILINE))
        super().__init__(folder, r"listening .* port=(\d+)",
                         [program, "serve", "--data", self.data, "--listen",
                          "127.0.0.1:0"])

    def _connect(self) -> None:
        self.url = f"http://127.0.0.1:{self.ready[1]}"
        session = boto3.Session(
            aws_access_key_id=self._keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._keys["AWS_SECRET_ACCESS_KEY"],
            region_name=self._keys["AWS_REGION"])
        self._s3 = session.client("s3", endpoint_url=self.url)
        self._sagemaker = session.client("sagemaker", endpoint_url=self.url)

    @property
    def trust(self) -> pathlib.Path:
        """The folder of the keys that its packages are signed with."""
        return self.data / "trust"

    def upload(self, archive: pathlib.Path) -> str:
        """Puts the model into a bucket; its URI there."""
        self._s3.create_bucket(Bucket=BUCKET)
        self._s3.upload_file(str(archive), BUCKET, archive.name)
        return f"s3://{BUCKET}/{archive.name}"

    def compile(self, name: str, source: str, arch: str, cpu: str) -> dict:
        """Compiles a model of PyTorch; the job that did it."""
        self._sagemaker.create_compilation_job(
            CompilationJobName=name, RoleArn=ROLE,
            InputConfig={
                "S3Uri": source, "Framework": "PYTORCH",
                "DataInputConfig": json.dumps({INPUT_NAME: INPUT_SHAPE})},
            OutputConfig={
                "S3OutputLocation": f"s3://{BUCKET}/compiled/",
                "TargetPlatform": {"Os": "LINUX", "Arch": arch},
                **({"CompilerOptions": json.dumps({"mcpu": cpu})} if cpu
                   else {})},
            StoppingCondition={"MaxRuntimeInSeconds": JOB_SECONDS_MAX})
        return self._await(
            "compilation", name, lambda: self._sagemaker
            .describe_compilation_job(CompilationJobName=name),
            "CompilationJobStatus", "FailureReason")

    def package(self, name: str, version: str, compilation: str) -> dict:
        """Packages what a job compiled, signed; the job that did it."""
        job = f"{name}-package"
        self._sagemaker.create_edge_packaging_job(
            EdgePackagingJobName=job, CompilationJobName=compilation,
            ModelName=name, ModelVersion=version, RoleArn=ROLE,
            OutputConfig={"S3OutputLocation": f"s3://{BUCKET}/packages/"})
        return self._await(
            "packaging", job, lambda: self._sagemaker
            .describe_edge_packaging_job(EdgePackagingJobName=job),
            "EdgePackagingJobStatus", "EdgePackagingJobStatusMessage")

    def download(self, uri: str, target: pathlib.Path) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self._s3.download_file(bucket, key, str(target))

    def _await(self, kind: str, name: str, describe: Callable[[], dict],
               status: str, reason: str) -> dict:
        """Asks until the job ends, and shows how it goes on: each status, and
        a dot a second."""
        print(f"    {kind} job {name}:", end="", flush=True)
        started = time.monotonic()
        seen, polls = "", 0
        while True:
            job = describe()
            if job[status] != seen:
                seen = job[status]
                print(f" {seen}", end="", flush=True)
            if seen in ("COMPLETED", "FAILED", "STOPPED"):
                break
            polls += 1
            if polls % POLLS_PER_DOT == 0:
                print(".", end="", flush=True)
            time.sleep(POLL_S)
        print(f" after {time.monotonic() - started:.1f} s", flush=True)
        if seen != "COMPLETED":
            raise Fault(f"{job.get(reason)}\n{self._job_log(kind, name)}")
        return job

    def _job_log(self, kind: str, name: str) -> str:
        path = self.data / "logs/jobs" / kind / f"{name}.log"
        if not path.exists():
            return "the job has no log"
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return "the job's log:\n" + "\n".join(f"  {line}" for line in lines)


# What boto3 raises.
CLIENT_FAULTS = (botocore.exceptions.BotoCoreError,
                 botocore.exceptions.ClientError)
