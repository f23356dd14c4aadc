"""The agent as a process: REST on its socket, drain, swap, isolation, peers."""

import concurrent.futures
import json
import os
import pathlib
import signal
import threading

import numpy
import pytest

import agent

X = numpy.arange(agent.COUNT, dtype=numpy.float32).reshape(1, -1)


@pytest.fixture(name="packages", scope="module")
def make_packages(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("packages")
    return {"one": agent.affine(folder / "one", 1),
            "two": agent.affine(folder / "two", 2),
            "slow": agent.slow(folder / "slow")}


@pytest.fixture(name="folder")
def make_folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "models").mkdir()
    return tmp_path


def serve(folder: pathlib.Path, *flags: object, **more: object) -> agent.Agent:
    return agent.Agent(folder, "--repository", folder / "models", *flags,
                       **more)


def test_the_socket_speaks_rest(folder: pathlib.Path, packages: dict) -> None:
    with serve(folder) as server:
        server.load("net", packages["one"])

        assert server.get("/v2/health/live")[0] == 200
        assert server.get("/v2/health/ready")[0] == 200
        status, metadata = server.get("/v2/models/net")
        assert (status, metadata["inputs"][0]["datatype"]) == (200, "FP32")
        with server.connect() as connection:
            status, y = connection.infer("net", X)
            assert status == 200
            assert numpy.array_equal(y, 3 * X + 1)
            # The same connection goes on after an error.
            assert connection.infer("absent", X)[0] == 404
            assert connection.infer("net", X[:, :5])[0] == 400
            assert connection.infer("net", X)[0] == 200


def test_a_socket_that_is_there_is_left_alone_without_f(
        folder: pathlib.Path) -> None:
    with serve(folder) as first:
        second = serve(folder, socket_path=first.socket)
        second.start(ready=False)

        assert second.process.wait(agent.WAIT_S) not in (0, None)
        assert first.get("/v2/health/live")[0] == 200


def test_a_killed_agent_starts_again(folder: pathlib.Path,
                                     packages: dict) -> None:
    with serve(folder) as server:
        server.load("net", packages["one"])
        server.stop(signal.SIGKILL)
        assert os.path.exists(server.socket)

        server.start("-f")
        status, _ = server.post("/v2/repository/models/net/load", {})
        assert status == 200
        with server.connect() as connection:
            assert connection.infer("net", X)[0] == 200


def test_sigterm_fails_no_request(folder: pathlib.Path,
                                  packages: dict) -> None:
    with serve(folder) as server:
        server.load("slow", packages["slow"])
        x = numpy.zeros((agent.SLOW_SIZE, agent.SLOW_SIZE), numpy.float32)
        answered = threading.Semaphore(0)
        outcomes: list[tuple[int, bool]] = []

        def ask() -> None:
            with server.connect() as connection:
                while True:
                    try:
                        status, _ = connection.infer("slow", x)
                    except (OSError, agent.http.client.HTTPException):
                        return  # refused at the door, or an idle connection
                    outcomes.append((status, True))
                    answered.release()
                    if status != 200:
                        return

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(8):
            answered.acquire()
        code = server.stop()
        for thread in threads:
            thread.join()

        assert code == 0, server.lines
        statuses = {status for status, _ in outcomes}
        assert statuses <= {200, 503}, statuses
        assert not os.path.exists(server.socket)


def ask_until(server: agent.Agent, stop: threading.Event,
              biases: tuple) -> int:
    """Asks again and again; each answer is that of one of the models."""
    count = 0
    with server.connect() as connection:
        while not stop.is_set():
            status, y = connection.infer("net", X)
            assert status == 200, y
            assert any(numpy.array_equal(y, 3 * X + bias) for bias in biases)
            count += 1
    return count


def test_a_swap_under_load_fails_no_request(folder: pathlib.Path,
                                            packages: dict) -> None:
    with serve(folder) as server:
        server.load("net", packages["one"])
        stop = threading.Event()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            counts = [pool.submit(ask_until, server, stop, (1, 2))
                      for _ in range(4)]
            try:
                for version in range(2, 8):
                    package = packages["two" if version % 2 == 0 else "one"]
                    server.load("net", package, str(version))
            finally:
                stop.set()
            assert all(count.result() > 0 for count in counts)
        with server.connect() as connection:
            assert numpy.array_equal(connection.infer("net", X)[1], 3 * X + 1)


def test_a_killed_worker_takes_one_request_with_it(
        folder: pathlib.Path, packages: dict) -> None:
    with serve(folder, "--isolate") as server:
        server.load("net", packages["one"])
        with server.connect() as connection:
            assert connection.infer("net", X)[0] == 200
            workers = agent.children_of(server.process.pid)
            assert len(workers) == 1
            os.kill(workers[0], signal.SIGKILL)

            statuses = [connection.infer("net", X)[0] for _ in range(5)]

            assert statuses.count(200) >= 4, statuses
            assert set(statuses) <= {200, 503}
            status, y = connection.infer("net", X)
            assert numpy.array_equal(y, 3 * X + 1)
        assert agent.children_of(server.process.pid) != workers


def test_no_worker_outlives_the_agent(folder: pathlib.Path,
                                      packages: dict) -> None:
    with serve(folder, "--isolate") as server:
        server.load("net", packages["one"])
        workers = agent.children_of(server.process.pid)
        server.stop(signal.SIGKILL)

        agent.wait_until(
            lambda: not any(os.path.exists(f"/proc/{worker}")
                            and "Z" not in pathlib.Path(
                                f"/proc/{worker}/stat").read_text()
                            for worker in workers), "a worker is left")


def test_only_users_on_the_list_may_connect(folder: pathlib.Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to be another user")
    nobody = 65534
    folder.chmod(0o755)
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and parent != parent.parent:
            parent.chmod(parent.stat().st_mode | 0o111)
    config = {"skerry_socket_mode": "0666",
              "skerry_users_allowed": [12345]}
    with serve(folder, config=config) as server:
        assert server.get("/v2/health/live")[0] == 200  # root
        assert status_as(nobody, server) in (None, 403)
    config["skerry_users_allowed"] = [nobody]
    with serve(folder, config=config) as server:
        assert status_as(nobody, server) == 200


def status_as(user: int, server: agent.Agent) -> int | None:
    """What `user` gets for a GET; None if the connection is refused."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(user)
            status = server.get("/v2/health/live")[0]
        except (OSError, agent.http.client.HTTPException):
            status = None
        os.write(writer, json.dumps(status).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return json.loads(os.read(reader, 100))


def test_metrics_count_requests(folder: pathlib.Path, packages: dict) -> None:
    with serve(folder) as server:
        server.load("net", packages["one"])
        with server.connect() as connection:
            for _ in range(3):
                connection.infer("net", X)
            connection.infer("net", X[:, :5])

        text = server.metrics()

    assert agent.metric(text, "nv_inference_request_success", model="net") == 3
    assert agent.metric(text, "nv_inference_request_failure", model="net") == 1
    assert agent.metric(text, "nv_inference_compute_infer_duration_us",
                        model="net") >= 0


def test_an_empty_agent_is_small_and_quick(folder: pathlib.Path) -> None:
    if agent.is_sanitized():
        pytest.skip("sanitizers take memory and time")
    starts = []
    for _ in range(5):
        with serve(folder) as server:
            starts.append(server.start_seconds)
            resident = agent.resident_bytes(server.process.pid)
            assert resident < 15e6, f"{resident / 1e6:.1f} MB"

    assert min(starts) < 0.05, starts


def test_an_idle_agent_takes_no_cpu(folder: pathlib.Path,
                                    packages: dict) -> None:
    with serve(folder) as server:
        server.load("net", packages["one"])
        with server.connect() as connection:
            connection.infer("net", X)
        path = pathlib.Path(f"/proc/{server.process.pid}/stat")

        def ticks() -> int:
            return sum(map(int, path.read_text().split()[13:15]))

        before = ticks()
        threading.Event().wait(2)

        assert ticks() - before <= 1


def test_predict_and_bench_go_through_the_agent(
        folder: pathlib.Path, packages: dict) -> None:
    numpy.save(folder / "x.npy", X)
    with serve(folder) as server:
        server.load("net", packages["one"])
        for more in ((), ("--shared-memory",)):
            result = agent.cli.skerry(
                "predict", "--agent", server.socket, "net", "--input",
                folder / "x.npy", "--output-dir", folder, "--json", *more)
            assert result.returncode == 0, result.stderr
            assert json.loads(result.stdout)["model_ms"] > 0
            assert numpy.array_equal(numpy.load(folder / "y.npy"), 3 * X + 1)

        result = agent.cli.skerry("bench", "--agent", server.socket, "net",
                                  "--clients", "1,2", "--seconds", "0.2",
                                  "--json")
        assert result.returncode == 0, result.stderr
        report = json.loads(result.stdout)
        assert [(each["tensors"], each["clients"]) for each in report] == [
            ("inline", 1), ("inline", 2), ("shared", 1), ("shared", 2)]
        for each in report:
            assert each["requests_per_s"] > 10
            assert 0 < each["latency_us"]["p50"] <= each["latency_us"]["max"]
            assert each["model_us"] > 0
        result = agent.cli.skerry("predict", "--agent", server.socket,
                                  "absent", "--input", folder / "x.npy")
        assert agent.cli.fails(result, "absent")
