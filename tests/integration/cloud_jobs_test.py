"""Compile and packaging jobs by boto3: what is made and what is refused, jobs
that outlive the server, and workers elsewhere. The whole way to a prediction
is in cloud_example_test.py."""

import array
import hashlib
import io
import json
import os
import pathlib
import random
import subprocess
import tarfile
import threading
import time
import uuid

import pytest
from botocore.exceptions import BotoCoreError

import cloud
from cloud_job_support import (JOB_WAIT_S, await_compilation, client, compiled,
                               compile_request, download, package, tiny_archive,
                               tiny_request)
from cloud_models import Network, archive_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
QEMU_RUNNER = ROOT / "build/aarch64/bin/run_model"
TINY_JOB_COUNT = 200


@pytest.fixture(name="network", scope="module")
def make_network(tmp_path_factory) -> Network:
    return Network(tmp_path_factory.mktemp("network"))


@pytest.fixture(name="tiny", scope="module")
def make_tiny(tmp_path_factory) -> bytes:
    return tiny_archive(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(name="plane", scope="module")
def start_plane(tmp_path_factory, network, tiny):
    plane = cloud.Cloud(tmp_path_factory.mktemp("plane"), "--workers", "1")
    s3 = client(plane, "s3")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/defect-detector.tar.gz",
                  Body=archive_of(network.traced))
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
    yield plane
    plane.stop()


def test_a_job_for_arm_makes_a_model_for_arm(
        plane, network, tmp_path) -> None:
    sagemaker, s3 = client(plane, "sagemaker"), client(plane, "s3")

    job = compiled(sagemaker, compile_request(
        "arm", TargetPlatform={"Os": "LINUX", "Arch": "ARM64"}))

    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    archive = download(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["compiled.meta", "compiled.so",
                                            "manifest"]
    meta = json.loads((tmp_path / "compiled.meta").read_text())
    assert meta["Requirements"] == {"TargetDevice": "LINUX_ARM64",
                                    "TargetDeviceType": "cpu"}
    assert meta["Model"]["Inputs"] == [
        {"name": "input", "dtype": "float32", "shape": [1, 3, 224, 224]}]
    machine = (tmp_path / "compiled.so").read_bytes()[18:20]
    assert int.from_bytes(machine, "little") == 183  # EM_AARCH64
    if not QEMU_RUNNER.exists():
        pytest.skip("build/aarch64 has no run_model to run it with")
    ran = subprocess.run(
        ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu", QEMU_RUNNER,
         tmp_path / "compiled.so", tmp_path / "y", "1", network.input_file],
        capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    got = array.array("f", (tmp_path / "y0.bin").read_bytes())
    assert list(got) == pytest.approx(network.y, abs=1e-4)


@pytest.mark.parametrize("name, change, words", [
    ("nvidia", {"TargetPlatform": {"Os": "LINUX", "Arch": "ARM64",
                                   "Accelerator": "NVIDIA"}},
     "without Accelerator compiles for the machine's CPU"),
    ("jetson", {"TargetDevice": "jetson_nano"},
     "models for NVIDIA GPUs are not made"),
    ("windows", {"TargetDevice": "x86_win64"}, "compiles for Linux"),
    ("int8", {"TargetDevice": "ml_c5", "CompilerOptions": '{"dtype": "int8"}'},
     "the compiler does not quantise"),
    ("wrongcpu", {"TargetDevice": "ml_c5",
                  "CompilerOptions": "{'mcpu': 'cortex-a72'}"},
     "is a CPU of aarch64"),
    ("nocpu", {"TargetDevice": "ml_c5",
               "CompilerOptions": "{'mcpu': 'toaster'}"}, "toaster"),
])
def test_what_is_not_made_is_refused_in_words(
        plane, name, change, words) -> None:
    job = compiled(client(plane, "sagemaker"), compile_request(name, **change))

    assert job["CompilationJobStatus"] == "FAILED"
    assert words in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError: ")


def test_a_model_that_does_not_take_the_inputs_is_refused(plane) -> None:
    request = compile_request("shape", TargetDevice="ml_c5")
    request["InputConfig"]["DataInputConfig"] = "[[1, 4, 224, 224]]"

    job = compiled(client(plane, "sagemaker"), request)

    assert job["CompilationJobStatus"] == "FAILED"
    assert job["FailureReason"].startswith(
        "ClientError: InputConfiguration: 'net.pth': the model does not take "
        "these inputs")


def test_a_version_is_not_replaced(plane) -> None:
    sagemaker = client(plane, "sagemaker")
    assert compiled(sagemaker, tiny_request("version"))[
        "CompilationJobStatus"] == "COMPLETED"
    first = package(sagemaker, "version-1", "version", "7")
    assert first["EdgePackagingJobStatus"] == "COMPLETED", first
    again = tiny_request("version-again", '{"mcpu": "znver4"}')
    assert compiled(sagemaker, again)["CompilationJobStatus"] == "COMPLETED"

    second = package(sagemaker, "version-2", "version-again", "7")

    assert second["EdgePackagingJobStatus"] == "FAILED"
    assert "versions do not change" in second["EdgePackagingJobStatusMessage"]


def test_devices_are_told_of_the_package_and_its_checksum(plane) -> None:
    sagemaker, s3 = client(plane, "sagemaker"), client(plane, "s3")
    assert compiled(sagemaker, tiny_request("deployed"))[
        "CompilationJobStatus"] == "COMPLETED"
    packaged = package(sagemaker, "deployed-package", "deployed", "8")
    assert packaged["EdgePackagingJobStatus"] == "COMPLETED", packaged
    sagemaker.create_device_fleet(
        DeviceFleetName="line",
        OutputConfig={"S3OutputLocation": "s3://models/captured"})
    sagemaker.register_devices(DeviceFleetName="line",
                               Devices=[{"DeviceName": "camera"}])
    sagemaker.create_edge_deployment_plan(
        EdgeDeploymentPlanName="plan", DeviceFleetName="line",
        ModelConfigs=[{"ModelHandle": "defects",
                       "EdgePackagingJobName": "deployed-package"}],
        Stages=[{"StageName": "all", "DeviceSelectionConfig": {
            "DeviceSubsetType": "PERCENTAGE", "Percentage": 100}}])
    sagemaker.start_edge_deployment_stage(EdgeDeploymentPlanName="plan",
                                          StageName="all")

    deployment, = client(plane, "sagemaker-edge").get_deployments(
        DeviceFleetName="line", DeviceName="camera")["Deployments"]

    archive = download(s3, packaged["ModelArtifact"])
    assert deployment["Definitions"] == [
        {"ModelHandle": "defects", "S3Url": packaged["ModelArtifact"],
         "State": "DEPLOY",
         "Checksum": {"Type": "SHA1",
                      "Sum": hashlib.sha1(archive).hexdigest()}}]


def await_ends(sagemaker, names: list[str], wait_s: float) -> dict[str, dict]:
    end = time.monotonic() + wait_s
    jobs: dict[str, dict] = {}
    for name in names:
        jobs[name] = await_compilation(sagemaker, name,
                                       max(1.0, end - time.monotonic()))
    return jobs


def test_jobs_survive_kills_of_the_server(tmp_path, tiny) -> None:
    plane = cloud.Cloud(tmp_path, "--workers", "2")
    s3 = client(plane, "s3")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
    acknowledged: list[str] = []
    submitted = threading.Event()
    current = [client(plane, "sagemaker")]

    def submit() -> None:
        for number in range(TINY_JOB_COUNT):
            request = tiny_request(f"job-{number}-{uuid.uuid4().hex[:8]}")
            try:
                current[0].create_compilation_job(**request)
                acknowledged.append(request["CompilationJobName"])
            except BotoCoreError:
                time.sleep(0.05)  # it is not up; nobody was told of this job
        submitted.set()

    thread = threading.Thread(target=submit)
    thread.start()
    kills = 0
    chance = random.Random(5)
    while not submitted.is_set() or kills < 3:
        time.sleep(chance.uniform(0.2, 1.0))
        plane.kill()
        plane.start()
        current[0] = client(plane, "sagemaker")
        kills += 1
    thread.join()
    assert len(acknowledged) > TINY_JOB_COUNT // 4
    jobs = await_ends(client(plane, "sagemaker"), acknowledged, 600)
    s3 = client(plane, "s3")
    for name, job in jobs.items():
        if job["CompilationJobStatus"] == "FAILED":
            # Three workers died under it, which is what it must say.
            assert "workers were lost" in job["FailureReason"], name
            continue
        assert job["CompilationJobStatus"] == "COMPLETED", name
        archive = download(s3, job["ModelArtifacts"]["S3ModelArtifacts"])
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            assert "compiled.so" in files.getnames(), name
    assert plane.stop() == 0
    assert not list((plane.folder / "work").glob("job-*"))


def test_two_workers_elsewhere_share_the_jobs(tmp_path, tiny) -> None:
    plane = cloud.Cloud(tmp_path, "--workers", "0")
    s3, sagemaker = client(plane, "s3"), client(plane, "sagemaker")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
    names = [f"remote-{number}" for number in range(12)]
    for name in names:
        sagemaker.create_compilation_job(**tiny_request(name))
    logs = [tmp_path / f"worker-{number}.log" for number in range(2)]
    workers = []
    for number, path in enumerate(logs):
        with path.open("w") as log:
            workers.append(subprocess.Popen(
                [cloud.PROGRAM, "worker", "--url", plane.url, "--work",
                 tmp_path / f"work-{number}"],
                env=plane.environment(), stdout=log,
                stderr=subprocess.STDOUT))
    try:
        jobs = await_ends(sagemaker, names, JOB_WAIT_S)
    finally:
        for worker in workers:
            worker.terminate()
        codes = [worker.wait(60) for worker in workers]
    texts = [path.read_text() for path in logs]
    assert {job["CompilationJobStatus"] for job in jobs.values()} == {
        "COMPLETED"}, "\n".join(texts)
    assert all("job-ended" in text for text in texts), "\n".join(texts)
    assert codes == [0, 0]
    log = plane.folder / "logs/jobs/compilation/remote-0.log"
    assert "artifact: s3://models/" in log.read_text()
    plane.stop()
