"""Clients of SageMaker Edge Manager's agent, against ours.

Needs build/venv-agent; `./run test agent` runs it.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import uuid

import grpc
import numpy
import pytest
import sysv_ipc
from grpc_tools import protoc

import agent

SOCKET = "unix:///tmp/sagemaker_edge_agent_example.sock"
IMAGE = (1, 3, 224, 224)
FLOAT32 = 5


@pytest.fixture(name="stubs", scope="module")
def make_stubs(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """Messages and stubs, made from our .proto."""
    folder = tmp_path_factory.mktemp("stubs")
    assert protoc.main(["protoc", f"--proto_path={agent.cli.ROOT}/proto",
                        f"--python_out={folder}",
                        f"--grpc_python_out={folder}",
                        "edge_agent.proto"]) == 0
    sys.path.insert(0, str(folder))
    import edge_agent_pb2  # pylint: disable=import-outside-toplevel
    import edge_agent_pb2_grpc  # pylint: disable=import-outside-toplevel
    return folder, edge_agent_pb2, edge_agent_pb2_grpc


@pytest.fixture(name="package", scope="module")
def make_package(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return agent.affine(tmp_path_factory.mktemp("packages") / "net", 1, IMAGE)


@pytest.fixture(name="server", scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> agent.Agent:
    folder = tmp_path_factory.mktemp("agent")
    config = {
        "sagemaker_edge_core_device_name": "device-1",
        "sagemaker_edge_core_device_fleet_name": "fleet",
        "sagemaker_edge_core_region": "us-west-2",
        "sagemaker_edge_core_folder_prefix": "captures",
        "sagemaker_edge_core_capture_data_destination": "Disk",
        "sagemaker_edge_core_capture_data_disk_path": str(folder / "disk"),
        "sagemaker_edge_core_capture_data_buffer_size": 30,
        "sagemaker_edge_core_capture_data_batch_size": 10,
        "sagemaker_edge_core_capture_data_push_period_seconds": 1,
        "sagemaker_edge_core_capture_data_base64_embed_limit": 3072,
    }
    with agent.Agent(folder, socket_path=SOCKET.removeprefix("unix://"),
                     config=config) as server:
        yield server


@pytest.fixture(name="stub")
def make_stub(server: agent.Agent, stubs: tuple) -> object:
    assert server.process.poll() is None
    with grpc.insecure_channel(
            SOCKET, options=(("grpc.enable_http_proxy", 0),)) as channel:
        yield stubs[2].AgentStub(channel)


@pytest.fixture(name="model")
def load_model(stub: object, stubs: tuple, package: pathlib.Path) -> str:
    stub.LoadModel(stubs[1].LoadModelRequest(url=str(package), name="net"))
    yield "net"
    stub.UnLoadModel(stubs[1].UnLoadModelRequest(name="net"))


def code_of(call: object, request: object) -> grpc.StatusCode:
    """What the call ends with."""
    try:
        call(request)
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def image_tensor(pb2: object, image: numpy.ndarray) -> object:
    return pb2.Tensor(
        tensor_metadata=pb2.TensorMetadata(name=b"x", data_type=FLOAT32,
                                           shape=[1, 3, 224, 224]),
        byte_data=image.tobytes())


def random_image() -> numpy.ndarray:
    return numpy.random.default_rng(1).random(IMAGE, numpy.float32)


def test_the_line_that_clients_wait_for_is_logged(
        server: agent.Agent) -> None:
    assert SOCKET in server.wait_for("Server listening on")


def test_the_flow_of_the_developer_guide(
        stub: object, stubs: tuple, package: pathlib.Path) -> None:
    pb2 = stubs[1]
    image = random_image()

    loaded = stub.LoadModel(
        pb2.LoadModelRequest(url=str(package), name="demo-1-0"))
    assert loaded.model.name == "demo-1-0"
    assert loaded.model.url == str(package)
    models = stub.ListModels(pb2.ListModelsRequest()).models
    assert [model.name for model in models] == ["demo-1-0"]
    metadata = models[0].input_tensor_metadatas[0]
    assert metadata.name == b"x"
    assert metadata.data_type == FLOAT32
    assert list(metadata.shape) == [1, 3, 224, 224]

    response = stub.Predict(pb2.PredictRequest(
        name="demo-1-0", tensors=[image_tensor(pb2, image)]))

    y = numpy.frombuffer(response.tensors[0].byte_data, numpy.float32)
    shape = list(response.tensors[0].tensor_metadata.shape)
    assert shape == [1, 3, 224, 224]
    assert numpy.allclose(y.reshape(shape), 3 * image + 1)
    described = stub.DescribeModel(pb2.DescribeModelRequest(name="demo-1-0"))
    assert described.model == loaded.model
    stub.UnLoadModel(pb2.UnLoadModelRequest(name="demo-1-0"))
    assert not stub.ListModels(pb2.ListModelsRequest()).models


def test_metadata_may_be_left_out(stub: object, stubs: tuple,
                                  model: str) -> None:
    image = random_image()

    response = stub.Predict(stubs[1].PredictRequest(
        name=model, tensors=[stubs[1].Tensor(byte_data=image.tobytes())]))

    y = numpy.frombuffer(response.tensors[0].byte_data, numpy.float32)
    assert numpy.allclose(y, 3 * image.ravel() + 1)


def test_each_call_has_its_documented_codes(
        stub: object, stubs: tuple, model: str, package: pathlib.Path,
        tmp_path: pathlib.Path) -> None:
    pb2 = stubs[1]
    code = grpc.StatusCode

    def load(url: object, name: str) -> grpc.StatusCode:
        return code_of(stub.LoadModel,
                       pb2.LoadModelRequest(url=str(url), name=name))

    assert load(package, model) == code.ALREADY_EXISTS
    assert load(tmp_path / "absent", "other") == code.NOT_FOUND
    for alias in ("with.dot", "under_score", "-begins", "ends-", ""):
        assert load(package, alias) == code.INVALID_ARGUMENT, alias
    broken = tmp_path / "broken"
    shutil.copytree(package, broken)
    model_file = next(broken.glob("*.so"))
    content = bytearray(model_file.read_bytes())
    content[len(content) // 2] ^= 1
    model_file.write_bytes(content)
    assert load(broken, "other") == code.FAILED_PRECONDITION
    for call, request in (
            (stub.UnLoadModel, pb2.UnLoadModelRequest(name="absent")),
            (stub.DescribeModel, pb2.DescribeModelRequest(name="absent")),
            (stub.Predict, pb2.PredictRequest(name="absent"))):
        assert code_of(call, request) == code.NOT_FOUND


@pytest.mark.parametrize("fault", ["bytes", "type", "shape", "name", "none"])
def test_a_tensor_that_does_not_fit_is_refused(
        stub: object, stubs: tuple, model: str, fault: str) -> None:
    pb2 = stubs[1]
    tensor = image_tensor(pb2, random_image())
    if fault == "bytes":
        tensor.byte_data = tensor.byte_data[:-4]
    elif fault == "type":
        tensor.tensor_metadata.data_type = 6
    elif fault == "shape":
        tensor.tensor_metadata.shape[1] = 2**31 - 1
    elif fault == "name":
        tensor.tensor_metadata.name = b"\xff\xfe"
    tensors = [] if fault == "none" else [tensor]

    found = code_of(stub.Predict,
                    pb2.PredictRequest(name=model, tensors=tensors))

    assert found == grpc.StatusCode.INVALID_ARGUMENT


class Segment:
    """A System V segment with an image, as AWS's sample makes it: mode 0400
    before it is handed over."""

    def __init__(self, image: numpy.ndarray, mode: int = 0o400) -> None:
        self.memory = sysv_ipc.SharedMemory(None, sysv_ipc.IPC_CREX,
                                            size=image.nbytes)
        self.memory.write(image.tobytes())
        self.memory.mode = mode

    def __enter__(self) -> sysv_ipc.SharedMemory:
        return self.memory

    def __exit__(self, *_: object) -> None:
        self.memory.detach()
        self.memory.remove()


def shared_tensor(pb2: object, segment: int, **handle: int) -> object:
    return pb2.Tensor(
        tensor_metadata=pb2.TensorMetadata(name=b"x", data_type=FLOAT32,
                                           shape=[1, 3, 224, 224]),
        shared_memory_handle=pb2.SharedMemoryHandle(segment_id=segment,
                                                    **handle))


def test_an_image_in_system_v_shared_memory(stub: object, stubs: tuple,
                                            model: str) -> None:
    image = random_image()
    with Segment(image) as memory:
        for handle in ({}, {"size": image.nbytes}):  # samples leave it out
            tensor = shared_tensor(stubs[1], memory.id, offset=0, **handle)
            response = stub.Predict(stubs[1].PredictRequest(
                name=model, tensors=[tensor]))

            y = numpy.frombuffer(response.tensors[0].byte_data, numpy.float32)
            assert numpy.allclose(y, 3 * image.ravel() + 1)


def test_shared_memory_that_does_not_suit_is_refused(
        stub: object, stubs: tuple, model: str) -> None:
    pb2 = stubs[1]
    code = grpc.StatusCode

    def predict(tensor: object) -> grpc.StatusCode:
        return code_of(stub.Predict,
                       pb2.PredictRequest(name=model, tensors=[tensor]))

    with Segment(random_image()) as memory:
        beyond = shared_tensor(pb2, memory.id, offset=4)
        assert predict(beyond) == code.INVALID_ARGUMENT
        huge = shared_tensor(pb2, memory.id, offset=2**64 - 8, size=2**63)
        assert predict(huge) == code.INVALID_ARGUMENT
    with Segment(random_image(), mode=0o600) as memory:
        writable = shared_tensor(pb2, memory.id)
        assert predict(writable) == code.PERMISSION_DENIED
    assert predict(shared_tensor(pb2, 2**31 - 1)) == code.NOT_FOUND
    assert predict(shared_tensor(pb2, 2**63)) in (code.NOT_FOUND,
                                                  code.INVALID_ARGUMENT)


def captured(server: agent.Agent, name: str) -> dict | None:
    """The line of a capture, if it is on the disk."""
    for path in (server.folder / "disk").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if record["eventMetadata"]["eventId"] == name:
                return record
    return None


def test_a_capture_is_accepted_written_and_reported(
        server: agent.Agent, stub: object, stubs: tuple, model: str) -> None:
    pb2 = stubs[1]
    name = str(uuid.uuid4())
    small = pb2.Tensor(
        tensor_metadata=pb2.TensorMetadata(name=b"s", data_type=FLOAT32,
                                           shape=[2]),
        byte_data=numpy.float32([1, 2]).tobytes())
    request = pb2.CaptureDataRequest(
        model_name=model, capture_id=name,
        inference_timestamp=pb2.Timestamp(seconds=int(time.time())),
        input_tensors=[image_tensor(pb2, random_image())],
        output_tensors=[small],
        inputs=[pb2.AuxilaryData(name="note", encoding=pb2.JSON,
                                 byte_data=b'{"a": 1}')])

    stub.CaptureData(request)

    assert code_of(stub.CaptureData, request) == grpc.StatusCode.ALREADY_EXISTS
    status = pb2.GetCaptureDataStatusRequest(capture_id=name)
    agent.wait_until(
        lambda: stub.GetCaptureDataStatus(status).status == pb2.SUCCESS,
        "the capture is not written")
    record = captured(server, name)
    assert record["eventMetadata"]["deviceFleetName"] == "fleet"
    assert record["deviceFleetOutputs"][0]["data"]
    assert record["deviceFleetInputs"][0]["data-ref"]


def test_captures_that_make_no_sense_are_refused(
        stub: object, stubs: tuple, model: str) -> None:
    pb2 = stubs[1]
    code = grpc.StatusCode

    def capture(**fields: object) -> grpc.StatusCode:
        request = {"model_name": model, "capture_id": str(uuid.uuid4())}
        return code_of(stub.CaptureData,
                       pb2.CaptureDataRequest(**{**request, **fields}))

    assert capture(model_name="absent") == code.NOT_FOUND
    assert capture(capture_id="") == code.INVALID_ARGUMENT
    assert capture(capture_id="a/b") == code.INVALID_ARGUMENT
    future = pb2.Timestamp(seconds=int(time.time()) + 86400)
    assert capture(inference_timestamp=future) == code.OUT_OF_RANGE
    unknown = pb2.GetCaptureDataStatusRequest(capture_id="never-seen")
    assert stub.GetCaptureDataStatus(unknown).status == pb2.NOT_FOUND


def test_the_python_example_runs(server: agent.Agent, stubs: tuple,
                                 package: pathlib.Path) -> None:
    assert server.process.poll() is None
    example = agent.cli.ROOT / "examples/agent/classic_flow.py"

    result = subprocess.run(
        [sys.executable, "-B", str(example), str(package), "example"],
        env={**os.environ, "PYTHONPATH": str(stubs[0])}, capture_output=True,
        text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stderr
    assert "largest score" in result.stdout


def test_the_cpp_example_runs(server: agent.Agent,
                              package: pathlib.Path) -> None:
    result = subprocess.run(
        [str(agent.cli.BUILD / "bin/agent_example"), server.socket,
         str(package), "example-cpp"], capture_output=True, text=True,
        check=False, timeout=60)

    assert result.returncode == 0, result.stderr
    assert "largest score 4.0000" in result.stdout
