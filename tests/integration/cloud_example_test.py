"""AWS's own example of a model for the edge, from the archive in S3 to a
prediction, by three clients: boto3, AWS's command line, its JavaScript SDK.
Each compiles the same network of PyTorch and downloads the signed package of
it; an agent then says with it what PyTorch said."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import boto3
import pytest

import cloud
import cloud_models

HERE = pathlib.Path(__file__).parent
ROLE = "arn:aws:iam::000000000000:role/SageMakerRole"
WAIT_S = 240
CLIENT_WAIT_S = 600
ENDS = ("COMPLETED", "FAILED", "STOPPED")


@pytest.fixture(name="network", scope="module")
def make_network(tmp_path_factory) -> cloud_models.Network:
    return cloud_models.Network(tmp_path_factory.mktemp("network"))


@pytest.fixture(name="archive", scope="module")
def make_archive(tmp_path_factory, network) -> pathlib.Path:
    path = tmp_path_factory.mktemp("archive") / "defect-detector.tar.gz"
    path.write_bytes(cloud_models.archive_of(network.traced))
    return path


@pytest.fixture(name="plane", scope="module")
def start_plane(tmp_path_factory):
    plane = cloud.Cloud(tmp_path_factory.mktemp("plane"), "--workers", "1")
    yield plane
    plane.stop()


def predicts_as_pytorch(folder: pathlib.Path, plane: cloud.Cloud,
                        network: cloud_models.Network,
                        package: pathlib.Path) -> bool:
    said = cloud_models.predict(folder, plane.folder / "trust",
                                package.read_bytes(), network.x)
    return said == pytest.approx(network.y, abs=1e-4)


def await_end(status) -> str:
    """What the job's status is at its end."""
    end = time.monotonic() + WAIT_S
    while (now := status()) not in ENDS:
        assert time.monotonic() < end, now
        time.sleep(0.2)
    return now


def test_boto3_goes_the_whole_way(plane, network, archive, tmp_path) -> None:
    session = boto3.Session(
        aws_access_key_id=plane.keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=plane.keys["AWS_SECRET_ACCESS_KEY"],
        region_name=plane.keys["AWS_REGION"])
    s3 = session.client("s3", endpoint_url=plane.url)
    sagemaker = session.client("sagemaker", endpoint_url=plane.url)
    bucket = "boto3-models"

    s3.create_bucket(Bucket=bucket)
    s3.get_waiter("bucket_exists").wait(Bucket=bucket)
    s3.upload_file(str(archive), bucket, "models/defect-detector.tar.gz")
    sagemaker.create_compilation_job(
        CompilationJobName="boto3-defect-detector", RoleArn=ROLE,
        InputConfig={
            "S3Uri": f"s3://{bucket}/models/defect-detector.tar.gz",
            "DataInputConfig": '{"input": [1, 3, 224, 224]}',
            "Framework": "PYTORCH"},
        OutputConfig={
            "S3OutputLocation": f"s3://{bucket}/compiled/",
            "TargetPlatform": {"Os": "LINUX", "Arch": "X86_64"}},
        StoppingCondition={"MaxRuntimeInSeconds": 900})
    artifact = "compiled/defect-detector-LINUX_X86_64.tar.gz"
    # It is not there yet: the waiter asks until the job has made it.
    s3.get_waiter("object_exists").wait(
        Bucket=bucket, Key=artifact,
        WaiterConfig={"Delay": 1, "MaxAttempts": WAIT_S})
    await_end(lambda: sagemaker.describe_compilation_job(
        CompilationJobName="boto3-defect-detector")["CompilationJobStatus"])
    job = sagemaker.describe_compilation_job(
        CompilationJobName="boto3-defect-detector")
    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    assert (job["ModelArtifacts"]["S3ModelArtifacts"] ==
            f"s3://{bucket}/{artifact}")
    assert job["ModelDigests"]["ArtifactDigest"].startswith("blake2b:")

    sagemaker.create_edge_packaging_job(
        EdgePackagingJobName="boto3-package",
        CompilationJobName="boto3-defect-detector",
        ModelName="defect-detector", ModelVersion="1.0", RoleArn=ROLE,
        OutputConfig={"S3OutputLocation": f"s3://{bucket}/packaged/"})
    await_end(lambda: sagemaker.describe_edge_packaging_job(
        EdgePackagingJobName="boto3-package")["EdgePackagingJobStatus"])
    packaged = sagemaker.describe_edge_packaging_job(
        EdgePackagingJobName="boto3-package")
    assert packaged["EdgePackagingJobStatus"] == "COMPLETED", packaged
    assert (packaged["ModelArtifact"] ==
            f"s3://{bucket}/packaged/defect-detector-1.0.tar.gz")
    assert json.loads(packaged["ModelSignature"])["algorithm"] == "ed25519"

    package = tmp_path / "package.tar.gz"
    s3.download_file(bucket, "packaged/defect-detector-1.0.tar.gz",
                     str(package))
    assert predicts_as_pytorch(tmp_path, plane, network, package)


def test_waiters_of_boto3_see_what_goes(plane) -> None:
    s3 = boto3.client(
        "s3", endpoint_url=plane.url, region_name=plane.keys["AWS_REGION"],
        aws_access_key_id=plane.keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=plane.keys["AWS_SECRET_ACCESS_KEY"])
    once = {"Delay": 1, "MaxAttempts": 1}
    s3.create_bucket(Bucket="waited-for")
    s3.put_object(Bucket="waited-for", Key="object")

    for waiter in ("bucket_not_exists", "object_not_exists"):
        named = {"Key": "object"} if "object" in waiter else {}
        with pytest.raises(Exception, match="Max attempts exceeded"):
            s3.get_waiter(waiter).wait(Bucket="waited-for", WaiterConfig=once,
                                       **named)
    s3.delete_object(Bucket="waited-for", Key="object")
    s3.get_waiter("object_not_exists").wait(Bucket="waited-for", Key="object",
                                            WaiterConfig=once)
    s3.delete_bucket(Bucket="waited-for")
    s3.get_waiter("bucket_not_exists").wait(Bucket="waited-for",
                                            WaiterConfig=once)


class CommandLine:
    """AWS's command line, pointed at `plane` by its environment alone."""

    def __init__(self, plane: cloud.Cloud) -> None:
        self.program = pathlib.Path(sys.executable).parent / "aws"
        self.environment = plane.environment(AWS_PAGER="")

    def __call__(self, *words: object) -> str:
        result = subprocess.run(
            [str(word) for word in (self.program, *words)],
            env=self.environment, capture_output=True, text=True,
            timeout=CLIENT_WAIT_S, check=False)
        assert result.returncode == 0, f"{words}: {result.stderr}"
        return result.stdout.strip()


def test_the_command_line_goes_the_whole_way(
        plane, network, archive, tmp_path) -> None:
    aws = CommandLine(plane)
    bucket = "cli-models"

    aws("s3", "mb", f"s3://{bucket}")
    aws("s3api", "wait", "bucket-exists", "--bucket", bucket)
    aws("s3", "cp", archive, f"s3://{bucket}/models/defect-detector.tar.gz")
    aws("sagemaker", "create-compilation-job",
        "--compilation-job-name", "cli-defect-detector", "--role-arn", ROLE,
        "--input-config", json.dumps({
            "S3Uri": f"s3://{bucket}/models/defect-detector.tar.gz",
            "DataInputConfig": '{"input": [1, 3, 224, 224]}',
            "Framework": "PYTORCH"}),
        "--output-config", f"S3OutputLocation=s3://{bucket}/compiled/,"
        "TargetPlatform={Os=LINUX,Arch=X86_64}",
        "--stopping-condition", "MaxRuntimeInSeconds=900")
    compilation = ("sagemaker", "describe-compilation-job",
                   "--compilation-job-name", "cli-defect-detector")
    assert await_end(lambda: aws(
        *compilation, "--query", "CompilationJobStatus", "--output",
        "text")) == "COMPLETED", aws(*compilation)
    aws("s3api", "wait", "object-exists", "--bucket", bucket, "--key",
        "compiled/defect-detector-LINUX_X86_64.tar.gz")

    aws("sagemaker", "create-edge-packaging-job",
        "--edge-packaging-job-name", "cli-package",
        "--compilation-job-name", "cli-defect-detector",
        "--model-name", "defect-detector", "--model-version", "1.0",
        "--role-arn", ROLE,
        "--output-config", f"S3OutputLocation=s3://{bucket}/packaged/")
    packaging = ("sagemaker", "describe-edge-packaging-job",
                 "--edge-packaging-job-name", "cli-package")
    assert await_end(lambda: aws(
        *packaging, "--query", "EdgePackagingJobStatus", "--output",
        "text")) == "COMPLETED", aws(*packaging)

    package = tmp_path / "package.tar.gz"
    aws("s3", "cp", aws(*packaging, "--query", "ModelArtifact", "--output",
                        "text"), package)
    assert predicts_as_pytorch(tmp_path, plane, network, package)
    aws("s3", "rm", f"s3://{bucket}/models/defect-detector.tar.gz")
    aws("s3api", "wait", "object-not-exists", "--bucket", bucket, "--key",
        "models/defect-detector.tar.gz")
    aws("s3", "rb", "--force", f"s3://{bucket}")
    aws("s3api", "wait", "bucket-not-exists", "--bucket", bucket)


def test_the_javascript_sdk_goes_the_whole_way(
        plane, network, archive, tmp_path) -> None:
    modules = os.environ.get("SKERRY_NODE_PATH", "")
    if not (pathlib.Path(modules) / "@aws-sdk/client-sagemaker").is_dir():
        pytest.skip("SKERRY_NODE_PATH has no @aws-sdk/client-sagemaker")
    assert shutil.which("node")
    package = tmp_path / "package.tar.gz"

    result = subprocess.run(
        ["node", HERE / "cloud_example.mjs", modules, "javascript-models",
         archive, package],
        env=plane.environment(), capture_output=True, text=True,
        timeout=CLIENT_WAIT_S, check=False)

    assert result.returncode == 0, result.stderr
    assert predicts_as_pytorch(tmp_path, plane, network, package)
