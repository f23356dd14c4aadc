"""NVIDIA's Triton clients, gRPC and HTTP, against the agent.

Needs build/venv-agent; `./run test agent` runs it.
"""

import pathlib
import subprocess
import sys

import numpy
import pytest
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException, shared_memory

import agent

X = numpy.arange(agent.COUNT, dtype=numpy.float32).reshape(1, -1)


@pytest.fixture(name="server", scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> agent.Agent:
    folder = tmp_path_factory.mktemp("triton")
    (folder / "models").mkdir()
    http = f"127.0.0.1:{agent.free_port()}"
    grpc = f"127.0.0.1:{agent.free_port()}"
    with agent.Agent(folder, "--repository", folder / "models",
                     "--http-listen", http, "--grpc-listen", grpc) as server:
        server.addresses = {"http": http, "grpc": grpc,
                            "unix": f"unix:{server.socket}"}
        server.load("net", agent.affine(folder / "one", 1))
        yield server


def client_of(server: agent.Agent, way: str) -> tuple:
    """The module and a client of it."""
    module = over_http if way == "http" else over_grpc
    return module, module.InferenceServerClient(server.addresses[way])


def infer(way: tuple, array: numpy.ndarray, **more: object) -> numpy.ndarray:
    module, client = way
    tensor = module.InferInput("x", array.shape, "FP32")
    tensor.set_data_from_numpy(array)
    return client.infer("net", [tensor], **more).as_numpy("y")


@pytest.mark.parametrize("name", ["http", "grpc", "unix"])
def test_the_usual_calls(server: agent.Agent, name: str) -> None:
    way = client_of(server, name)
    client = way[1]

    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("net")
    assert not client.is_model_ready("absent")
    as_json = {} if name == "http" else {"as_json": True}
    about = client.get_server_metadata(**as_json)
    assert "system_shared_memory" in about["extensions"]
    metadata = client.get_model_metadata("net", **as_json)
    assert metadata["inputs"][0]["name"] == "x"
    config = client.get_model_config("net", **as_json)
    assert config.get("config", config)["name"] == "net"
    assert numpy.array_equal(infer(way, X), 3 * X + 1)


def test_http_sends_and_takes_json_and_bytes(server: agent.Agent) -> None:
    _, client = client_of(server, "http")
    for binary_in in (True, False):
        for binary_out in (True, False):
            tensor = over_http.InferInput("x", X.shape, "FP32")
            tensor.set_data_from_numpy(X, binary_data=binary_in)
            output = over_http.InferRequestedOutput("y",
                                                    binary_data=binary_out)
            result = client.infer("net", [tensor], outputs=[output],
                                  request_id="r-1")
            assert numpy.array_equal(result.as_numpy("y"), 3 * X + 1)
            assert result.get_response()["id"] == "r-1"


@pytest.mark.parametrize("name", ["http", "grpc"])
def test_faults_are_exceptions_with_words(server: agent.Agent,
                                          name: str) -> None:
    way = client_of(server, name)

    with pytest.raises(InferenceServerException, match="x"):
        infer(way, X[:, :7])
    with pytest.raises(InferenceServerException, match="absent"):
        way[1].get_model_metadata("absent")
    assert numpy.array_equal(infer(way, X), 3 * X + 1)


def test_system_shared_memory(server: agent.Agent) -> None:
    _, client = client_of(server, "unix")
    key = "/skerry_test_triton"
    region = shared_memory.create_shared_memory_region("r", key, 2 * X.nbytes)
    try:
        shared_memory.set_shared_memory_region(region, [X])
        client.register_system_shared_memory("r", key, 2 * X.nbytes)
        status = client.get_system_shared_memory_status(as_json=True)
        assert "r" in status["regions"]
        tensor = over_grpc.InferInput("x", X.shape, "FP32")
        tensor.set_shared_memory("r", X.nbytes)
        output = over_grpc.InferRequestedOutput("y")
        output.set_shared_memory("r", X.nbytes, offset=X.nbytes)

        client.infer("net", [tensor], outputs=[output])

        y = shared_memory.get_contents_as_numpy(region, numpy.float32,
                                                X.shape, offset=X.nbytes)
        assert numpy.array_equal(y, 3 * X + 1)
        tensor.set_shared_memory("r", X.nbytes, offset=2 * X.nbytes - 4)
        with pytest.raises(InferenceServerException):
            client.infer("net", [tensor])
        client.unregister_system_shared_memory("r")
        with pytest.raises(InferenceServerException):
            client.infer("net", [tensor])
    finally:
        client.unregister_system_shared_memory()
        shared_memory.destroy_shared_memory_region(region)


def test_a_stranger_cannot_register_memory(server: agent.Agent) -> None:
    for name in ("http", "grpc"):
        _, client = client_of(server, name)
        with pytest.raises(InferenceServerException):
            client.register_system_shared_memory("s", "/skerry_none", 64)


def test_statistics_count(server: agent.Agent) -> None:
    way = client_of(server, "grpc")
    before = statistics(way[1])

    for _ in range(5):
        infer(way, X)

    after = statistics(way[1])
    assert after.inference_count - before.inference_count == 5
    assert after.execution_count - before.execution_count == 5
    success = after.inference_stats.success
    assert success.count - before.inference_stats.success.count == 5
    assert success.ns > before.inference_stats.success.ns
    over_rest = client_of(server, "http")[1].get_inference_statistics("net")
    assert over_rest["model_stats"][0]["inference_count"] >= 5


def statistics(client: over_grpc.InferenceServerClient) -> object:
    return client.get_inference_statistics("net").model_stats[0]


@pytest.mark.parametrize("name", ["http", "grpc"])
def test_the_repository_loads_and_unloads(
        server: agent.Agent, tmp_path: pathlib.Path, name: str) -> None:
    model = f"other-{name}"
    agent.affine(tmp_path / "two", 2).rename(place_of(server, model))
    _, client = client_of(server, name)

    client.load_model(model)
    assert client.is_model_ready(model)
    index = client.get_model_repository_index()
    names = ([entry["name"] for entry in index] if name == "http"
             else [entry.name for entry in index.models])
    assert {"net", model} <= set(names)
    client.unload_model(model)
    assert not client.is_model_ready(model)
    with pytest.raises(InferenceServerException):
        client.load_model("absent")


def place_of(server: agent.Agent, model: str) -> pathlib.Path:
    (server.repository / model).mkdir()
    return server.repository / model / "1"


def test_streams_answer_each_request(server: agent.Agent) -> None:
    _, client = client_of(server, "grpc")
    answers = []
    client.start_stream(lambda result, error: answers.append((result, error)))
    tensor = over_grpc.InferInput("x", X.shape, "FP32")
    tensor.set_data_from_numpy(X)
    for number in range(3):
        client.async_stream_infer("net", [tensor], request_id=str(number))

    client.stop_stream()

    assert [error for _, error in answers] == [None] * 3
    ids = sorted(result.get_response().id for result, _ in answers)
    assert ids == ["0", "1", "2"]


def test_the_example_runs(server: agent.Agent) -> None:
    example = agent.cli.ROOT / "examples/agent/triton_client.py"

    result = subprocess.run(
        [sys.executable, "-B", str(example), "net", "--grpc",
         server.addresses["unix"], "--http", server.addresses["http"]],
        capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stderr
    for word in ("gRPC:", "shared memory:", "HTTP:"):
        assert word in result.stdout
