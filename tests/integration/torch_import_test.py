"""importers/torch_to_onnx.py, with the PyTorch of the system."""

import pathlib
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMPORTER = ROOT / "importers" / "torch_to_onnx.py"
IMAGE = ["--input", "image=1,3,8,8"]


class Classifier(torch.nn.Module):
    """Small, but with what networks are made of."""

    def __init__(self, classes: int = 4) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = torch.nn.BatchNorm2d(8)
        self.head = torch.nn.Linear(8, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = torch.relu(self.norm(self.conv(image)))
        return self.head(features.mean([2, 3]))


def run_importer(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-B", str(IMPORTER), *map(str, arguments)],
        capture_output=True, text=True, check=False,
        cwd=pathlib.Path(__file__).parent)


@pytest.fixture(name="script")
def make_script(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "model.pt"
    torch.jit.save(torch.jit.script(Classifier().eval()), str(path))
    return path


@pytest.fixture(name="state")
def make_state(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "weights.pth"
    torch.save(Classifier().state_dict(), path)
    return path


def test_torchscript_becomes_onnx(script: pathlib.Path) -> None:
    out = script.with_name("model.onnx")

    result = run_importer(script, out, *IMAGE)

    assert result.returncode == 0, result.stderr
    text = out.read_bytes()
    assert b"image" in text and b"Conv" in text and b"output" in text


def test_a_traced_model_becomes_onnx(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "traced.pt"
    model = Classifier().eval()
    torch.jit.save(torch.jit.trace(model, torch.rand(1, 3, 8, 8)), str(path))

    result = run_importer(path, tmp_path / "model.onnx", *IMAGE)

    assert result.returncode == 0, result.stderr


def test_a_state_dict_becomes_onnx_with_its_architecture(
        state: pathlib.Path) -> None:
    out = state.with_name("model.onnx")

    result = run_importer(state, out, *IMAGE, "--arch",
                          "torch_import_test:Classifier(classes=4)")

    # The module is found because the importer runs in this folder.
    assert result.returncode == 0, result.stderr
    assert out.exists()


@pytest.mark.parametrize("arch,said", [
    ("torch_import_test:Classifier(classes=5)", "do not fit"),
    ("torch_import_test:Missing", "no 'Missing' there"),
    ("nowhere:Classifier", "No module named 'nowhere'"),
    ("torch_import_test:Classifier(exit())", "LITERAL"),
    ("torch", "want MODULE:CALLABLE"),
])
def test_a_wrong_architecture_is_named(state: pathlib.Path, arch: str,
                                       said: str) -> None:
    out = state.with_name("model.onnx")

    result = run_importer(state, out, *IMAGE, "--arch", arch)

    assert result.returncode == 2
    assert said in result.stderr
    assert not out.exists()


def test_a_state_dict_alone_asks_for_the_architecture(
        state: pathlib.Path) -> None:
    result = run_importer(state, state.with_name("model.onnx"), *IMAGE)

    assert result.returncode == 2
    assert "--arch" in result.stderr


def test_the_wrong_input_shape_is_named(script: pathlib.Path) -> None:
    out = script.with_name("model.onnx")

    result = run_importer(script, out, "--input", "image=1,4,8,8")

    assert result.returncode == 2
    assert "does not take these inputs" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("shape", ["image", "image=1,x", "image=1,0,8",
                                   "=1,3", "image=1,3:text"])
def test_a_bad_input_option_is_refused(script: pathlib.Path,
                                       shape: str) -> None:
    result = run_importer(script, script.with_name("o.onnx"), "--input", shape)

    assert result.returncode == 2
    assert f"'{shape}'" in result.stderr


def test_a_file_that_is_no_model_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"not a model")

    result = run_importer(path, tmp_path / "model.onnx", *IMAGE)

    assert result.returncode == 2
    assert str(path) in result.stderr
    assert "Traceback" not in result.stderr


def test_a_pickle_is_not_run(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.pth"
    torch.save(Classifier(), path)

    result = run_importer(path, tmp_path / "model.onnx", *IMAGE)

    assert result.returncode == 2
    assert "neither TorchScript nor a plain state dict" in result.stderr
