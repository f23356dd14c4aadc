"""Compile and packaging jobs, as AWS's own example has them: boto3 against
`skerry-cloud`, the package in `skerry-agent`, the answer that of PyTorch."""

import http.client
import array
import io
import json
import os
import pathlib
import random
import socket
import subprocess
import tarfile
import threading
import time
import uuid

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

import cloud

ROOT = pathlib.Path(__file__).resolve().parents[2]
AGENT = cloud.BUILD / "bin" / "skerry-agent"
QEMU_RUNNER = ROOT / "build/aarch64/bin/run_model"
ROLE = "arn:aws:iam::000000000000:role/SageMakerRole"
JOB_WAIT_S = 240
TINY_JOB_COUNT = 200

# Debian's Python has PyTorch; the clients' has boto3.
MAKE_NETWORK = """
import json, sys
import torch

class Block(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.one = torch.nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(channels)
        self.two = torch.nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        y = torch.relu(self.norm(self.one(x)))
        return torch.relu(x + self.two(y))

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 7, stride=4, padding=3)
        self.blocks = torch.nn.Sequential(Block(8), Block(8))
        self.head = torch.nn.Linear(8, 10)

    def forward(self, x):
        y = self.blocks(torch.relu(self.stem(x)))
        return self.head(torch.nn.functional.adaptive_avg_pool2d(y, 1)
                         .flatten(1))

torch.manual_seed(7)
net = Net().eval()
side = int(sys.argv[2])
x = torch.randn(1, 3, side, side)
torch.jit.trace(net, x).save(sys.argv[1] + "/net.pth")
x.numpy().tofile(sys.argv[1] + "/x.bin")
json.dump(net(x)[0].tolist(), open(sys.argv[1] + "/y.json", "w"))
"""

MAKE_TINY = """
import sys
from onnx import TensorProto, checker, helper, save
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "tiny",
                          [x], [y])
model = helper.make_model(graph,
                          opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 7
checker.check_model(model)
save(model, sys.argv[1])
"""


def system_python(script: str, *arguments: object) -> None:
    made = subprocess.run(
        ["/usr/bin/python3", "-c", script, *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stderr


def archive_of(*paths: pathlib.Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in paths:
            archive.add(path, path.name)
    return buffer.getvalue()


def client(plane: cloud.Cloud, service: str):
    keys = plane.keys
    return boto3.client(
        service, endpoint_url=plane.url,
        region_name=keys["AWS_DEFAULT_REGION"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"},
                      retries={"max_attempts": 1},
                      connect_timeout=5, read_timeout=60))


@pytest.fixture(name="network", scope="module")
def make_network(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("network")
    system_python(MAKE_NETWORK, folder, 224)
    return folder


@pytest.fixture(name="tiny", scope="module")
def make_tiny(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    system_python(MAKE_TINY, path)
    return archive_of(path)


@pytest.fixture(name="plane", scope="module")
def start_plane(tmp_path_factory, network, tiny):
    plane = cloud.Cloud(tmp_path_factory.mktemp("plane"), "--workers", "1")
    s3 = client(plane, "s3")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="in/defect-detector.tar.gz",
                  Body=archive_of(network / "net.pth"))
    s3.put_object(Bucket="models", Key="in/tiny.tar.gz", Body=tiny)
    yield plane
    plane.stop()


def compile_request(name: str, **output: object) -> dict:
    return {"CompilationJobName": name, "RoleArn": ROLE,
            "InputConfig": {
                "S3Uri": "s3://models/in/defect-detector.tar.gz",
                "DataInputConfig": '{"input": [1, 3, 224, 224]}',
                "Framework": "PYTORCH"},
            "OutputConfig": {"S3OutputLocation": "s3://models/out/",
                             **output},
            "StoppingCondition": {"MaxRuntimeInSeconds": 900}}


def tiny_request(name: str, options: str = '{"self_check": false}') -> dict:
    request = compile_request(name, TargetDevice="ml_c4",
                              CompilerOptions=options)
    request["InputConfig"] = {"S3Uri": "s3://models/in/tiny.tar.gz",
                              "DataInputConfig": "{'x': [1, 4]}",
                              "Framework": "ONNX"}
    request["OutputConfig"]["S3OutputLocation"] = f"s3://models/tiny/{name}"
    return request


def await_compilation(sagemaker, name: str, wait_s: float = JOB_WAIT_S) -> dict:
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        job = sagemaker.describe_compilation_job(CompilationJobName=name)
        if job["CompilationJobStatus"] in ("COMPLETED", "FAILED", "STOPPED"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"job {name} does not end: {job}")


def compiled(sagemaker, request: dict) -> dict:
    sagemaker.create_compilation_job(**request)
    return await_compilation(sagemaker, request["CompilationJobName"])


def download(s3, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def package(sagemaker, name: str, compilation: str, version: str) -> dict:
    sagemaker.create_edge_packaging_job(
        EdgePackagingJobName=name, CompilationJobName=compilation,
        ModelName="defect-detector", ModelVersion=version, RoleArn=ROLE,
        OutputConfig={"S3OutputLocation": "s3://models/packages"})
    end = time.monotonic() + JOB_WAIT_S
    while time.monotonic() < end:
        job = sagemaker.describe_edge_packaging_job(EdgePackagingJobName=name)
        if job["EdgePackagingJobStatus"] in ("COMPLETED", "FAILED"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"job {name} does not end: {job}")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("agent", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def predict(folder: pathlib.Path, trust: pathlib.Path, archive: bytes,
            x: bytes) -> list[float]:
    """What an agent that takes signed packages only says about `x`."""
    place = folder / "models/net/1"
    place.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as package_file:
        package_file.extractall(place)
    config = folder / "agent.json"
    config.write_text("{}")
    sock = str(folder / "agent.sock")
    with (folder / "agent.log").open("w") as log:
        process = subprocess.Popen(
            [AGENT, "-a", sock, "-c", config, "--repository",
             folder / "models", "--trust-roots", trust],
            stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 60
        while "Server listening" not in (folder / "agent.log").read_text():
            assert process.poll() is None and time.monotonic() < end, (
                (folder / "agent.log").read_text())
            time.sleep(0.05)
        connection = UnixConnection(sock)
        connection.request("POST", "/v2/repository/models/net/load", "{}")
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        answer.read()
        head = json.dumps({"inputs": [{
            "name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224],
            "parameters": {"binary_data_size": len(x)}}]}).encode()
        connection.request(
            "POST", "/v2/models/net/infer", head + x,
            {"Inference-Header-Content-Length": str(len(head)),
             "Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)["outputs"][0]["data"]
    finally:
        process.terminate()
        process.wait(60)


def test_the_example_of_aws_runs_to_a_prediction(
        plane, network, tmp_path) -> None:
    sagemaker, s3 = client(plane, "sagemaker"), client(plane, "s3")

    job = compiled(sagemaker, compile_request(
        "defect", TargetPlatform={"Os": "LINUX", "Arch": "X86_64"}))

    assert job["CompilationJobStatus"] == "COMPLETED", job["FailureReason"]
    uri = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == "s3://models/out/defect-detector-LINUX_X86_64.tar.gz"
    assert job["ModelDigests"]["ArtifactDigest"].startswith("blake2b:")
    packaged = package(sagemaker, "defect-package", "defect", "1.0")
    assert packaged["EdgePackagingJobStatus"] == "COMPLETED", packaged
    assert (packaged["ModelArtifact"] ==
            "s3://models/packages/defect-detector-1.0.tar.gz")
    assert json.loads(packaged["ModelSignature"])["algorithm"] == "ed25519"
    archive = download(s3, packaged["ModelArtifact"])
    got = predict(tmp_path, plane.folder / "trust", archive,
                  (network / "x.bin").read_bytes())
    want = json.loads((network / "y.json").read_text())
    assert got == pytest.approx(want, abs=1e-4)


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
         tmp_path / "compiled.so", tmp_path / "y", "1", network / "x.bin"],
        capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    got = array.array("f", (tmp_path / "y0.bin").read_bytes())
    want = json.loads((network / "y.json").read_text())
    assert list(got) == pytest.approx(want, abs=1e-4)


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
