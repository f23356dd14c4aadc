"""Models for the tests of jobs, and what an agent says about them."""

import io
import json
import pathlib
import subprocess
import tarfile

import numpy

import agent

INPUT_SHAPE = (1, 3, 224, 224)

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


class Network:
    """A small network of PyTorch, traced, with an input and its answer."""

    def __init__(self, folder: pathlib.Path) -> None:
        system_python(MAKE_NETWORK, folder, INPUT_SHAPE[-1])
        self.traced = folder / "net.pth"
        self.input_file = folder / "x.bin"
        self.x = numpy.fromfile(self.input_file,
                                numpy.float32).reshape(INPUT_SHAPE)
        self.y = json.loads((folder / "y.json").read_text())


def predict(folder: pathlib.Path, trust: pathlib.Path, package: bytes,
            x: numpy.ndarray) -> list[float]:
    """What an agent says about `x` with a packaged model. It takes packages
    only that a key of `trust` has signed."""
    (folder / "models").mkdir()
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        files.extractall(folder / "package")
    with agent.Agent(folder, "--repository", folder / "models",
                     "--trust-roots", trust) as served:
        served.load("net", folder / "package")
        with served.connect() as connection:
            status, answer = connection.infer("net", x, input_name="input")
    assert status == 200, answer
    return answer.ravel().tolist()
