"""The traces that requests leave, as a collector gets them.

Needs build/venv-agent; `./run test agent` runs it.
"""

import http.server
import json
import pathlib
import threading

import numpy
import pytest
import tritonclient.grpc as over_grpc
from tritonclient.utils import InferenceServerException

import agent

X = numpy.arange(agent.COUNT, dtype=numpy.float32).reshape(1, -1)
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
ERROR = 2  # OpenTelemetry's status code
SERVER = 2  # and kind
TIMES = ("queue_ns", "input_ns", "infer_ns", "output_ns")


def attributes_of(thing: dict) -> dict:
    return {entry["key"]: entry["value"]["stringValue"]
            for entry in thing.get("attributes", [])}


class Collector(http.server.ThreadingHTTPServer):
    """Takes OTLP over HTTP, JSON, and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CollectorHandler)
        self.requests: list[tuple[str, str, dict]] = []
        self.changed = threading.Condition()

    def spans(self) -> list[dict]:
        return [span for _, _, body in self.requests
                for resource in body["resourceSpans"]
                for scope in resource["scopeSpans"]
                for span in scope["spans"]]

    def take(self, trace: str) -> dict:
        """The span of `trace`, once it is there."""
        def found() -> list[dict]:
            return [span for span in self.spans() if span["traceId"] == trace]

        with self.changed:
            assert self.changed.wait_for(found, agent.WAIT_S), self.spans()
            assert len(found()) == 1
            return found()[0]


class CollectorHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.changed:
            self.server.requests.append(
                (self.path, self.headers["Content-Type"], json.loads(body)))
            self.server.changed.notify_all()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(name="collector", scope="module")
def start_collector() -> Collector:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()


@pytest.fixture(name="server", scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory,
                 collector: Collector) -> agent.Agent:
    folder = tmp_path_factory.mktemp("agent")
    (folder / "models").mkdir()
    with agent.Agent(
            folder, "--repository", folder / "models", "--otlp-endpoint",
            f"http://127.0.0.1:{collector.server_address[1]}") as server:
        server.load("net", agent.affine(folder / "one", 1))
        yield server


def infer(server: agent.Agent, way: str, model: str, traceparent: str) -> bool:
    """Whether it went well."""
    headers = {"traceparent": traceparent} if traceparent else {}
    if way == "rest":
        body = {"inputs": [{"name": "x", "shape": list(X.shape),
                            "datatype": "FP32", "data": X.ravel().tolist()}]}
        with server.connect() as connection:
            return connection.request("POST", f"/v2/models/{model}/infer",
                                      body, headers)[0] == 200
    tensor = over_grpc.InferInput("x", X.shape, "FP32")
    tensor.set_data_from_numpy(X)
    client = over_grpc.InferenceServerClient(f"unix:{server.socket}")
    try:
        client.infer(model, [tensor], headers=headers)
    except InferenceServerException:
        return False
    finally:
        client.close()
    return True


WAYS = pytest.mark.parametrize("way,name", [("grpc", "ModelInfer"),
                                            ("rest", "infer")])


@WAYS
def test_a_request_leaves_a_span_below_its_caller(
        server: agent.Agent, collector: Collector, way: str,
        name: str) -> None:
    trace = TRACE[:-4] + way.encode().hex()[:4]

    assert infer(server, way, "net", f"00-{trace}-{PARENT}-01")

    span = collector.take(trace)
    assert (span["name"], span["kind"]) == (name, SERVER)
    assert span["parentSpanId"] == PARENT
    assert span["spanId"] not in (PARENT, "0" * 16)
    assert "status" not in span
    took = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
    attributes = attributes_of(span)
    assert (attributes["model"], attributes["version"]) == ("net", "1")
    assert 0 < int(attributes["infer_ns"])
    # Clocks of two kinds, so not to the nanosecond.
    parts = sum(int(attributes[part]) for part in TIMES)
    assert parts <= took + 1_000_000


@WAYS
def test_a_failed_request_says_why(server: agent.Agent, collector: Collector,
                                   way: str, name: str) -> None:
    trace = TRACE[:-4] + way.encode().hex()[4:8]

    assert not infer(server, way, "absent", f"00-{trace}-{PARENT}-01")

    span = collector.take(trace)
    assert (span["name"], span["parentSpanId"]) == (name, PARENT)
    assert span["status"]["code"] == ERROR
    attributes = attributes_of(span)
    assert attributes["error"] == "NOT_FOUND"
    assert "absent" in attributes["message"]


@WAYS
def test_who_says_no_is_not_traced(server: agent.Agent, collector: Collector,
                                   way: str, name: str) -> None:
    refused = TRACE[:-4] + "0000"
    trace = TRACE[:-2] + way.encode().hex()[:2]

    assert infer(server, way, "net", f"00-{refused}-{PARENT}-00")
    assert infer(server, way, "net", f"00-{trace}-{PARENT}-01")

    assert collector.take(trace)["name"] == name
    assert refused not in {span["traceId"] for span in collector.spans()}


def test_a_request_without_a_caller_starts_a_trace(
        server: agent.Agent, collector: Collector) -> None:
    before = len(collector.spans())

    assert infer(server, "rest", "net", "")

    with collector.changed:
        assert collector.changed.wait_for(
            lambda: len(collector.spans()) > before, agent.WAIT_S)
    span = collector.spans()[-1]
    assert "parentSpanId" not in span
    assert int(span["traceId"], 16) != 0


def test_the_collector_is_told_who_speaks(collector: Collector,
                                          server: agent.Agent) -> None:
    assert infer(server, "rest", "net", "")
    with collector.changed:
        assert collector.changed.wait_for(collector.spans, agent.WAIT_S)

    path, kind, body = collector.requests[0]
    assert (path, kind) == ("/v1/traces", "application/json")
    resource = attributes_of(body["resourceSpans"][0]["resource"])
    assert resource["service.name"] == "skerry-agent"
    assert resource["service.version"]
