"""Health, reflection, TLS and metrics of the agent, by Python's clients.

Needs build/venv-agent; `./run test agent` runs it.
"""

import pathlib
import re
import ssl
import subprocess
import urllib.request

import grpc
import numpy
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

import agent

SERVICES = {"AWS.SageMaker.Edge.Agent", "inference.GRPCInferenceService",
            "grpc.health.v1.Health"}


def openssl(folder: pathlib.Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True,
                   capture_output=True)


def make_certificate(folder: pathlib.Path, name: str, issuer: str) -> None:
    """A key and a certificate for 127.0.0.1, signed by `issuer`."""
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-days", "2", "-CA",
            f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial",
            "-extfile", "extensions", "-out", f"{name}.pem")


@pytest.fixture(name="certificates", scope="module")
def make_certificates(
        tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("certificates")
    for issuer in ("ca", "stranger-ca"):
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", f"/CN={issuer}", "-keyout", f"{issuer}.key", "-out",
                f"{issuer}.pem")
    make_certificate(folder, "server", "ca")
    make_certificate(folder, "client", "ca")
    make_certificate(folder, "stranger", "stranger-ca")
    return folder


@pytest.fixture(name="server", scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory,
                 certificates: pathlib.Path) -> agent.Agent:
    folder = tmp_path_factory.mktemp("agent")
    (folder / "models").mkdir()
    ports = {"grpc": agent.free_port(), "http": agent.free_port()}
    with agent.Agent(folder, "--repository", folder / "models",
                     "--grpc-listen", f"127.0.0.1:{ports['grpc']}",
                     "--http-listen", f"127.0.0.1:{ports['http']}",
                     "--tls-cert", certificates / "server.pem",
                     "--tls-key", certificates / "server.key",
                     "--tls-client-ca", certificates / "ca.pem") as server:
        server.ports = ports
        server.load("net", agent.affine(folder / "one", 1))
        yield server


def health_of(channel: grpc.Channel, service: str) -> int:
    stub = health_pb2_grpc.HealthStub(channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=service),
                      timeout=agent.WAIT_S).status


def test_health_tells_of_server_and_services(server: agent.Agent) -> None:
    with grpc.insecure_channel(f"unix:{server.socket}") as channel:
        for service in ("", "inference.GRPCInferenceService",
                        "AWS.SageMaker.Edge.Agent"):
            assert health_of(channel, service) == 1  # SERVING
        with pytest.raises(grpc.RpcError) as raised:
            health_of(channel, "no.such.Service")
    assert raised.value.code() == grpc.StatusCode.NOT_FOUND


def test_reflection_lists_the_services(server: agent.Agent) -> None:
    with grpc.insecure_channel(f"unix:{server.socket}") as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        requests = [
            reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(
                file_containing_symbol="AWS.SageMaker.Edge.Agent")]

        listed, file = list(stub.ServerReflectionInfo(iter(requests)))

    names = {each.name for each in listed.list_services_response.service}
    assert SERVICES <= names
    assert file.file_descriptor_response.file_descriptor_proto


def credentials_of(folder: pathlib.Path,
                   name: str | None) -> grpc.ChannelCredentials:
    own = {} if name is None else {
        "private_key": (folder / f"{name}.key").read_bytes(),
        "certificate_chain": (folder / f"{name}.pem").read_bytes()}
    return grpc.ssl_channel_credentials((folder / "ca.pem").read_bytes(),
                                        **own)


def test_grpc_on_tcp_wants_a_certificate(
        server: agent.Agent, certificates: pathlib.Path) -> None:
    address = f"127.0.0.1:{server.ports['grpc']}"
    with grpc.secure_channel(
            address, credentials_of(certificates, "client")) as channel:
        assert health_of(channel, "") == 1
    for name in (None, "stranger"):
        with grpc.secure_channel(
                address, credentials_of(certificates, name)) as channel:
            with pytest.raises(grpc.RpcError) as raised:
                health_of(channel, "")
            assert raised.value.code() == grpc.StatusCode.UNAVAILABLE


def test_http_on_tcp_wants_a_certificate(
        server: agent.Agent, certificates: pathlib.Path) -> None:
    url = f"https://127.0.0.1:{server.ports['http']}/v2/health/live"

    def get(name: str | None) -> int:
        context = ssl.create_default_context(cafile=certificates / "ca.pem")
        if name:
            context.load_cert_chain(certificates / f"{name}.pem",
                                    certificates / f"{name}.key")
        with urllib.request.urlopen(url, context=context,
                                    timeout=agent.WAIT_S) as response:
            return response.status

    assert get("client") == 200
    for name in (None, "stranger"):
        with pytest.raises(OSError):
            get(name)


def test_prometheus_reads_the_metrics(server: agent.Agent) -> None:
    with server.connect() as connection:
        for _ in range(3):
            connection.infer("net", agent.numpy.zeros((1, agent.COUNT),
                                                      "float32"))

    families = {family.name: family for family in
                text_string_to_metric_families(server.metrics())}

    assert any(name.startswith("skerry_") for name in families)
    success = families["nv_inference_request_success"]
    assert success.type == "counter"
    counts = [sample.value for sample in success.samples
              if sample.labels.get("model") == "net"]
    assert sum(counts) >= 3
    assert all(family.documentation for family in families.values())


def varint(number: int) -> bytes:
    low = number & 127
    return bytes([low | 128]) + varint(number >> 7) if number > 127 else bytes(
        [low])


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def ask_compressed(server: agent.Agent, compression: grpc.Compression,
                   content: bytes) -> bytes:
    """What ModelInfer answers, for `content` as the only input."""
    tensor = (field(1, b"x") + field(2, b"FP32") +
              field(3, varint(1) + varint(agent.COUNT)))
    request = field(1, b"net") + field(5, tensor) + field(7, content)
    with grpc.insecure_channel(f"unix:{server.socket}",
                               compression=compression) as channel:
        method = channel.unary_unary(
            "/inference.GRPCInferenceService/ModelInfer")
        return method(request, timeout=agent.WAIT_S)


COMPRESSIONS = pytest.mark.parametrize(
    "compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])


@COMPRESSIONS
def test_messages_may_be_compressed(server: agent.Agent,
                                    compression: grpc.Compression) -> None:
    x = numpy.full(agent.COUNT, 7, numpy.float32)

    answer = ask_compressed(server, compression, x.tobytes())

    assert answer.endswith((3 * x + 1).tobytes())


@COMPRESSIONS
def test_a_bomb_is_stopped_at_the_limit(server: agent.Agent,
                                        compression: grpc.Compression) -> None:
    before = agent.resident_bytes(server.process.pid)

    with pytest.raises(grpc.RpcError) as refused:
        ask_compressed(server, compression, bytes(256 << 20))

    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    # The limit is 64 MiB; strings grow by doubling.
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    peak = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) << 10
    assert peak - before < 200 << 20
