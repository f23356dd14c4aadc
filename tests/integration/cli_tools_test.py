"""skerry bench, inspect, doctor, completion, help."""

import json
import pathlib
import re
import subprocess

import numpy
import pytest
from onnx import helper

import cli

COMMANDS = ("compile", "run", "bench", "predict", "inspect", "package",
            "cloud", "doctor", "completion", "version", "help")


@pytest.fixture(name="model", scope="module")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    source = cli.classifier(tmp_path_factory.mktemp("tools") / "net.onnx")
    result = cli.skerry("compile", source, "-o", source.with_suffix(".so"),
                        "--no-self-check")
    assert result.returncode == 0, result.stderr
    return source.with_suffix(".so")


def test_bench_gives_an_object_for_each_thread_count(
        model: pathlib.Path) -> None:
    result = cli.skerry("bench", model, "--threads", "1,2", "--seconds", "0.1",
                        "--json")

    assert result.returncode == 0, result.stderr
    measured = json.loads(result.stdout)
    assert [entry["threads"] for entry in measured] == [1, 2]
    for entry in measured:
        assert 0 < entry["best_ms"] <= entry["median_ms"] <= entry["p99_ms"]
        assert entry["best_ms"] <= entry["mean_ms"]
        assert entry["runs"] >= 10
        assert entry["cold_start_ms"] >= entry["cold_start_best_ms"] > 0
        assert entry["resident_bytes"] > entry["arena_bytes"]
        assert entry["gflops"] > 0
        assert 0 < entry["peak_share"] < 1
        assert entry["peak_gflops"] > 1


def test_bench_prints_a_table(model: pathlib.Path) -> None:
    result = cli.skerry("bench", model, "--seconds", "0", "--threads", "1")

    assert result.returncode == 0, result.stderr
    assert "median ms" in result.stdout
    assert len(result.stdout.splitlines()) == 2


def test_bench_refuses_thread_counts_that_make_no_sense(
        model: pathlib.Path) -> None:
    assert cli.fails(cli.skerry("bench", model, "--threads", "0"), "--threads")
    assert cli.fails(cli.skerry("bench", model, "--threads", "1,x"),
                     "--threads")
    assert cli.fails(cli.skerry("bench", model, "--threads", "100000"),
                     "--threads")


def test_an_elementwise_layer_is_named_for_what_it_holds(
        tmp_path: pathlib.Path) -> None:
    nodes = [helper.make_node("Sigmoid", ["a"], ["s"]),
             helper.make_node("Mul", ["s", "b"], ["m"]),
             helper.make_node("Add", ["m", "a"], ["y"])]
    source = cli.save(tmp_path / "net.onnx", nodes, {"a": (2, 3), "b": (2, 3)},
                      {"y": (2, 3)}, {})
    compiled = source.with_suffix(".so")
    assert cli.skerry("compile", source, "-o", compiled,
                      "--no-self-check").returncode == 0

    report = json.loads(cli.skerry("inspect", compiled, "--json").stdout)
    text = cli.skerry("bench", compiled, "--layers", "--seconds", "0").stdout

    assert [layer["op"] for layer in report["layers"]] == [
        "Elementwise(sigmoid mul add)"]
    assert text.count("Elementwise(sigmoid mul add)") == 2


def test_bench_measures_each_layer(model: pathlib.Path) -> None:
    result = cli.skerry("bench", model, "--layers", "--threads", "1,2",
                        "--seconds", "0.1", "--json")
    inspected = json.loads(cli.skerry("inspect", model, "--json").stdout)

    assert result.returncode == 0, result.stderr
    measured = json.loads(result.stdout)
    assert [entry["threads"] for entry in measured] == [1, 2]
    for entry in measured:
        assert entry["model"] == inspected["name"]
        assert entry["runs"] >= 10
        assert entry["peak_gflops"] > 0.1
        assert entry["memory_gbytes_per_s"] > 0.1
        layers = entry["layers"]
        for layer, known in zip(layers, inspected["layers"], strict=True):
            assert {key: layer[key] for key in known} == known
            assert layer["median_us"] > 0
            assert layer["gflops"] >= 0 and layer["gbytes_per_s"] > 0
            assert layer["peak_share"] >= 0 and layer["memory_share"] > 0
        total = sum(layer["median_us"] for layer in layers)
        assert total == pytest.approx(entry["layers_us"])
        assert sum(layer["share"] for layer in layers) == pytest.approx(1)
        operators = entry["operators"]
        assert sum(op["layers"] for op in operators) == len(layers)
        assert sum(op["median_us"] for op in operators) == pytest.approx(total)
        assert {op["op"] for op in operators} == {l["op"] for l in layers}


def test_the_layers_are_about_the_whole(tmp_path: pathlib.Path) -> None:
    # Large enough for the clock's own time not to count.
    weights = numpy.ones((64, 64, 3, 3), numpy.float32)
    nodes = [helper.make_node("Conv", [source, "w"], [target], name=target,
                              pads=[1, 1, 1, 1])
             for source, target in (("x", "a"), ("a", "b"), ("b", "y"))]
    source = cli.save(tmp_path / "net.onnx", nodes, {"x": (1, 64, 56, 56)},
                      {"y": (1, 64, 56, 56)}, {"w": weights})
    compiled = source.with_suffix(".so")
    assert cli.skerry("compile", source, "-o", compiled,
                      "--no-self-check").returncode == 0

    result = cli.skerry("bench", compiled, "--layers", "--seconds", "0.2",
                        "--json")

    assert result.returncode == 0, result.stderr
    entry = json.loads(result.stdout)[0]
    assert 0.3 < entry["layers_us"] / entry["run_us"] < 3


def test_bench_draws_the_layers(model: pathlib.Path) -> None:
    everything = cli.skerry("bench", model, "--layers", "--seconds", "0")
    slowest = cli.skerry("bench", model, "--layers", "--top", "1",
                         "--seconds", "0")
    names = [layer["name"] for layer in json.loads(
        cli.skerry("inspect", model, "--json").stdout)["layers"]]

    assert everything.returncode == 0, everything.stderr
    assert len(names) > 1
    parts = everything.stdout.split("\n\n")
    assert len(parts) == 3
    assert "from memory" in parts[0]
    lines = parts[1].splitlines()
    assert lines[0].split()[:4] == ["layer", "operator", "kernel", "output"]
    assert [line.split(" ")[0] for line in lines[1:]] == names
    assert max(line.count("#") for line in lines) == 20
    assert parts[2].startswith("operator")
    assert len(slowest.stdout.split("\n\n")[1].splitlines()) == 2


def crc32c(data: bytes) -> int:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def test_bench_says_that_a_model_is_too_old_for_layers(
        model: pathlib.Path, tmp_path: pathlib.Path) -> None:
    content = bytearray(model.read_bytes())
    symbol = content.index(b"skerry_model_run_layer_v1")
    content[symbol:symbol + 1] = b"S"
    content[-12:-8] = crc32c(content[:-12]).to_bytes(4, "little")
    old = tmp_path / "old.so"
    old.write_bytes(content)

    assert cli.skerry("bench", old, "--seconds", "0", "--threads",
                      "1").returncode == 0
    assert cli.fails(cli.skerry("bench", old, "--layers"), str(old),
                     "compiled by skerry", "compile it anew")


def test_bench_refuses_flags_that_do_not_fit_layers(
        model: pathlib.Path) -> None:
    assert cli.fails(cli.skerry("bench", model, "--top", "3"), "--layers")
    assert cli.fails(cli.skerry("bench", model, "--layers", "--top", "0"),
                     "--top")
    assert cli.fails(cli.skerry("bench", "net", "--agent", "s", "--layers"),
                     "--layers", "--agent")


def test_predict_and_bench_say_that_no_agent_is_there(
        tmp_path: pathlib.Path) -> None:
    socket = tmp_path / "agent.sock"

    for arguments in (("predict", "--agent", socket, "net"),
                      ("bench", "--agent", socket, "net")):
        result = cli.skerry(*arguments)
        assert cli.fails(result, str(socket), "skerry-agent -a", code=1)


def test_the_agents_flags_need_an_agent() -> None:
    assert cli.fails(cli.skerry("predict", "net"), "--agent")
    assert cli.fails(cli.skerry("bench", "net.so", "--clients", "2"),
                     "--clients", "--agent")
    assert cli.fails(cli.skerry("bench", "net", "--agent", "s", "--threads",
                                "2"), "--threads", "--agent")
    assert cli.fails(cli.skerry("bench", "net", "--agent", "s", "--clients",
                                "100000"), "--clients")


def test_inspect_shows_a_compiled_model(model: pathlib.Path) -> None:
    text = cli.skerry("inspect", model)
    report = json.loads(cli.skerry("inspect", model, "--json").stdout)

    assert text.returncode == 0, text.stderr
    assert cli.OUTPUT_NAME in text.stdout
    assert report["inputs"][0]["name"] == "image"
    assert report["weight_bytes"] > 0
    assert report["source_digest"].startswith("sha256:")
    assert any("Conv" in layer["op"] for layer in report["layers"])


def test_inspect_shows_an_onnx_file(model: pathlib.Path) -> None:
    source = model.with_suffix(".onnx")

    text = cli.skerry("inspect", source)
    report = json.loads(cli.skerry("inspect", source, "--json").stdout)

    assert text.returncode == 0, text.stderr
    assert "GlobalAveragePool" in text.stdout
    counts = {entry["op"]: entry["count"] for entry in report["operators"]}
    assert counts["Conv"] == 1
    assert report["macs"] >= 3 * 3 * 3 * 4 * 8 * 8


def test_doctor_finds_what_this_test_needs() -> None:
    text = cli.skerry("doctor")
    report = json.loads(cli.skerry("doctor", "--json").stdout)

    assert text.returncode == 0, text.stdout
    assert report["ok"]
    found = {check["name"]: check for check in report["checks"]}
    assert found["compiler"]["present"] and found["linker"]["present"]
    assert report["cpu"]["count"] >= 1


def test_doctor_says_how_to_mend_a_missing_compiler() -> None:
    result = cli.skerry("doctor", env={"SKERRY_CLANG": "no-such-clang"})

    assert result.returncode == 1
    assert "mend: apt-get install clang-19" in result.stdout
    assert "no-such-clang is not installed" in result.stderr


def test_version_and_help_are_no_errors() -> None:
    version = cli.skerry("--version")
    help_text = cli.skerry("--help")

    assert version.returncode == 0
    assert cli.skerry("version").stdout == version.stdout
    assert re.fullmatch(r"skerry \d+\.\d+\.\d+\n", version.stdout)
    assert help_text.returncode == 0
    for command in COMMANDS:
        assert command in help_text.stdout
        explained = cli.skerry(command, "--help")
        assert explained.returncode == 0
        assert explained.stdout == cli.skerry("help", command).stdout
        assert max(map(len, explained.stdout.splitlines())) <= 80


def test_a_command_that_is_not_there_is_an_error() -> None:
    assert cli.fails(cli.skerry(), "--help")
    assert cli.fails(cli.skerry("optimise"), "optimise")
    assert cli.fails(cli.skerry("help", "optimise"), "optimise")


def test_bash_completes_commands_options_and_files(
        model: pathlib.Path) -> None:
    script = (
        'source <("$0" completion bash)\n'
        "compopt() { :; }\n"
        "complete_line() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1));\n"
        "  COMPREPLY=(); _skerry 2> /dev/null; echo \"${COMPREPLY[*]}\"; }\n"
        "complete_line skerry co\n"
        "complete_line skerry compile --ta\n"
        "complete_line skerry compile --target x86-64-v\n"
        "complete_line skerry bench n\n"
        "complete_line skerry inspect n\n")

    result = subprocess.run(["bash", "-c", script, str(cli.PROGRAM)],
                            capture_output=True, text=True, check=True,
                            cwd=model.parent)

    lines = [sorted(line.split()) for line in result.stdout.splitlines()]
    assert lines == [["compile", "completion"], ["--target"],
                     ["x86-64-v2", "x86-64-v3", "x86-64-v4"], ["net.so"],
                     ["net.onnx", "net.so"]]


def test_the_completion_knows_every_option() -> None:
    script = cli.skerry("completion", "bash").stdout

    for command in COMMANDS:
        text = cli.skerry(command, "--help").stdout
        for option in re.findall(r"--[a-z-]+", text.partition("Examples")[0]):
            assert option in script, f"{command} {option}"


def test_the_man_page_knows_every_option() -> None:
    page = (cli.ROOT / "apps/skerry/skerry.1").read_text().replace("\\-", "-")

    for command in COMMANDS:
        text = cli.skerry(command, "--help").stdout
        for option in re.findall(r"--[a-z-]+", text.partition("Examples")[0]):
            if option != "--help":
                assert option in page, f"{command} {option}"
