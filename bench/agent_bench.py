"""Measures what the agent adds to a model's own time, and its throughput.

usage: agent_bench.py [--build DIR] [--seconds S]

Starts an agent of the build and measures it by `skerry bench --agent`: a tiny
model, one with 600 KB of input, and one that takes milliseconds, whose rate
with 8 clients is compared with `skerry bench` on the same threads. Prints
Markdown.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


def small_mean(support: object, folder: pathlib.Path) -> pathlib.Path:
    """600 KB of image in, three means out."""
    folder.mkdir(parents=True)
    return support.compiled(support.cli.save(
        folder / "mean.onnx",
        [support.helper.make_node("GlobalAveragePool", ["x"], ["y"])],
        {"x": (1, 3, 224, 224)}, {"y": (1, 3, 1, 1)}, {}))


def run(support: object, *arguments: object) -> list[dict]:
    """What `skerry bench` found."""
    result = support.cli.skerry("bench", *arguments, "--json")
    if result.returncode != 0:
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def print_latency(name: str, report: list[dict]) -> None:
    for entry in report:
        latency, overhead = entry["latency_us"], entry["overhead_us"]
        print(f"| {name} | {entry['tensors']} | {entry['clients']} | "
              f"{entry['requests_per_s']:.0f} | {entry['model_us']:.1f} | "
              f"{latency['p50']:.0f} | {latency['p99']:.0f} | "
              f"{overhead['p50']:.0f} | {overhead['p99']:.0f} | "
              f"{overhead['p99_9']:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="agent bench")
    parser.add_argument("--build", default=str(ROOT / "build" / "ci"))
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    os.environ["SKERRY_BUILD"] = str(pathlib.Path(options.build).resolve())
    sys.path.insert(0, str(ROOT / "tests" / "integration"))
    import agent  # pylint: disable=import-outside-toplevel

    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "models").mkdir()
        packages = {"tiny": agent.affine(folder / "tiny", 1),
                    "image": small_mean(agent, folder / "image"),
                    "slow": agent.slow(folder / "slow")}
        with agent.Agent(folder, "--repository",
                         folder / "models") as server:
            print(f"{platform.node()}, {os.cpu_count()} CPUs; empty agent: "
                  f"ready in {server.start_seconds * 1e3:.0f} ms, "
                  f"{agent.resident_bytes(server.process.pid) / 1e6:.1f} MB\n")
            print("| model | tensors | clients | requests/s | model us | p50 |"
                  " p99 | overhead p50 | p99 | p99.9 |\n|" + " --- |" * 10)
            for name, package in packages.items():
                server.load(name, package)
                print_latency(name, run(
                    agent, "--agent", server.socket, name, "--clients",
                    "1,8", "--seconds", options.seconds))
            compare(agent, server, packages["slow"], options.seconds)


def compare(support: object, server: object, package: pathlib.Path,
            seconds: float) -> None:
    """The agent's rate with 8 clients beside the model's alone."""
    count = os.cpu_count() or 1
    place = server.repository / "wide" / "1"
    shutil.copytree(package, place)
    (place.parent / "config.json").write_text(
        json.dumps({"instances": 1, "threads": count}))
    status, body = server.post("/v2/repository/models/wide/load", {})
    assert status == 200, body
    print("\n| threads | alone, runs/s | 8 clients, requests/s | share |\n"
          "| --- | --- | --- | --- |")
    for name, threads in (("slow", 1), ("wide", count)):
        model = next(package.glob("*.so"))
        alone = run(support, model, "--threads", threads, "--seconds",
                    seconds)[0]
        rate = 1000 / alone["mean_ms"]
        through = run(support, "--agent", server.socket, name, "--clients",
                      "8", "--seconds", seconds, "--shared-memory")[0]
        share = through["requests_per_s"] / rate
        print(f"| {threads} | {rate:.1f} | {through['requests_per_s']:.1f} | "
              f"{100 * share:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
