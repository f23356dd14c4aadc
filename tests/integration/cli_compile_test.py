"""skerry compile: what it writes, and what it says of what is wrong."""

import json
import pathlib
import platform

import pytest

import cli

X86 = platform.machine() == "x86_64"


@pytest.fixture(name="model")
def make_model(tmp_path: pathlib.Path) -> pathlib.Path:
    return cli.classifier(tmp_path / "net.onnx")


def files(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_model_becomes_one_file_in_the_current_folder(
        model: pathlib.Path) -> None:
    result = cli.skerry("compile", model.name, cwd=model.parent)

    assert result.returncode == 0, result.stderr
    assert files(model.parent) == ["net.onnx", "net.so"]
    assert result.stdout.count("\n") == 1
    for word in ("net.so: ", "arena ", "self-check error ", " s\n"):
        assert word in result.stdout
    assert result.stderr == ""


def test_verbose_tells_the_phases(model: pathlib.Path) -> None:
    result = cli.skerry("compile", model, "-o", model.with_suffix(".so"), "-v")

    assert result.returncode == 0
    assert "import" in result.stderr


def test_the_same_model_gives_the_same_bytes(model: pathlib.Path) -> None:
    outputs = [model.with_name("a.so"), model.with_name("b.so")]

    for output in outputs:
        cli.skerry("compile", model, "-o", output, "--no-self-check")

    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_a_report_tells_phases_memory_and_layers(model: pathlib.Path) -> None:
    path = model.with_name("report.json")

    result = cli.skerry("compile", model, "-o", model.with_suffix(".so"),
                        "--report", path)

    assert result.returncode == 0, result.stderr
    report = json.loads(path.read_text())
    assert report["bytes"] == model.with_suffix(".so").stat().st_size
    assert report["self_check"]["relative_error"] < 1e-5
    assert report["inputs"] == [
        {"name": "image", "type": "float32", "shape": [1, 3, 8, 8]}]
    assert sum(layer["flops"] for layer in report["layers"]) > 0
    assert all(phase["seconds"] >= 0 for phase in report["phases"])


def test_each_stage_can_be_looked_at(model: pathlib.Path) -> None:
    folder = model.with_name("stages")

    result = cli.skerry("compile", model, "-o", model.with_suffix(".so"),
                        "--no-self-check", "--emit", "ir", folder,
                        "--emit", "cpp", folder, "--emit", "asm", folder)

    assert result.returncode == 0, result.stderr
    assert files(folder) == ["net.cc", "net.ir", "net.s"]
    assert "skerry_model_run_v1" in (folder / "net.cc").read_text()
    assert "skerry_model_run_v1" in (folder / "net.s").read_text()


def test_the_shape_of_an_input_can_be_said(model: pathlib.Path) -> None:
    report = model.with_name("report.json")

    result = cli.skerry("compile", model, "-o", model.with_suffix(".so"),
                        "--input", "image=1,3,6,10", "--report", report,
                        "--no-self-check")

    assert result.returncode == 0, result.stderr
    assert json.loads(report.read_text())["inputs"][0]["shape"] == [1, 3, 6, 10]


def test_another_architecture_is_a_target_too(model: pathlib.Path) -> None:
    target, machine = (("cortex-a72", 183) if X86 else ("x86-64-v3", 62))
    output = model.with_suffix(".so")

    result = cli.skerry("compile", model, "-o", output, "--target", target,
                        "--no-self-check")

    assert result.returncode == 0, result.stderr
    assert output.read_bytes()[18] == machine  # e_machine of ELF
    cli.fails(cli.skerry("bench", output), str(output))


def test_bad_arguments_are_named(model: pathlib.Path) -> None:
    out = ["-o", model.with_suffix(".so")]

    assert cli.fails(cli.skerry("compile"), "MODEL", "--help")
    assert cli.fails(cli.skerry("compile", model, "--fast"), "--fast")
    assert cli.fails(cli.skerry("compile", model, *out, "--target", "z80"),
                     "z80")
    assert cli.fails(cli.skerry("compile", model, *out, "--input", "image"),
                     "--input image")
    assert cli.fails(cli.skerry("compile", model, *out, "--input",
                                "image=1,x"), "'x' is no extent")
    assert cli.fails(cli.skerry("compile", model, *out, "--input",
                                "picture=1,3,8,8"), "picture")
    assert cli.fails(cli.skerry("compile", model, *out, "--emit", "elf", "d"),
                     "elf")
    assert cli.fails(cli.skerry("compile", model, "-o", "gone/net.so"),
                     "there is no folder 'gone'")
    assert files(model.parent) == ["net.onnx"]


def test_a_bad_model_is_named_and_leaves_nothing_behind(
        model: pathlib.Path) -> None:
    missing = model.with_name("missing.onnx")
    text = model.with_name("text.onnx")
    text.write_text("this is no model")
    cut = model.with_name("cut.onnx")
    cut.write_bytes(model.read_bytes()[:-40])

    for path in (missing, text, cut):
        assert cli.fails(cli.skerry("compile", path.name, cwd=model.parent))

    assert files(model.parent) == ["cut.onnx", "net.onnx", "text.onnx"]


def test_a_failed_compilation_keeps_the_older_output(
        model: pathlib.Path) -> None:
    output = model.with_suffix(".so")
    output.write_text("older")
    text = model.with_name("text.onnx")
    text.write_text("this is no model")

    cli.skerry("compile", text, "-o", output)

    assert output.read_text() == "older"


def test_a_missing_compiler_is_a_fault_of_the_machine(
        model: pathlib.Path) -> None:
    result = cli.skerry("compile", model, "-o", model.with_suffix(".so"),
                        env={"SKERRY_CLANG": "no-such-clang"})

    assert cli.fails(result, "no-such-clang", "apt-get install clang-19",
                     code=1)
    assert files(model.parent) == ["net.onnx"]


def test_pytorch_needs_a_python_that_has_it(tmp_path: pathlib.Path) -> None:
    model = tmp_path / "net.pt"
    model.write_text("this is no model")

    result = cli.skerry("compile", model, "--input", "x=1",
                        env={"SKERRY_PYTHON": "no-such-python"})

    assert cli.fails(result, "no-such-python", code=1)


def test_a_torchscript_model_compiles(tmp_path: pathlib.Path) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    torch.jit.script(module.eval()).save(str(tmp_path / "net.pt"))

    result = cli.skerry("compile", "net.pt", "--input", "image=1,3,8,8",
                        cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert files(tmp_path) == ["net.pt", "net.so"]
    assert cli.fails(cli.skerry("compile", "net.pt", cwd=tmp_path), "--input")
