"""The demo: a real network goes the way that a user's would. It is uploaded to
a control plane on this machine, compiled, packaged and signed there, loaded by
the agent, which names what is in real photos; then comes a fair comparison.

Run by ./run demo, which installs and builds what this needs. What is made goes
to build/demo; the network's archive there is used again the next time.
"""

import argparse
import contextlib
import json
import pathlib
import platform
import shutil
import signal
import sys
import tarfile
import tempfile
import time

import comparison
import network
from console import (ROOT, Fault, heading, mebibytes, run, say, shown,
                     timed)
from control_plane import CLIENT_FAULTS, ControlPlane
from service import Service

NAME = "efficientnet-lite0"
VERSION = "1.0"
MODEL = "classifier"
TOP = 3


def this_machine(skerry: pathlib.Path) -> tuple[str, str]:
    """What AWS calls its architecture, and the best target of the compiler's
    that runs here; "" for the architecture's base."""
    doctor = json.loads(run(skerry, "doctor", "--json"))
    targets = [target["name"] for target in doctor["targets"]
               if target["runs_here"]]
    arch = {"x86_64": "X86_64", "aarch64": "ARM64"}[platform.machine()]
    return arch, targets[-1] if targets else ""


def through_the_platform(plane: ControlPlane, archive: pathlib.Path,
                         skerry: pathlib.Path, package: pathlib.Path) -> None:
    """From the archive to the unpacked package in the folder `package`."""
    with timed(f"uploaded {archive.name} by boto3") as said:
        source = plane.upload(archive)
        said.append(f" to {source}")
    arch, cpu = this_machine(skerry)
    plane.compile(NAME, source, arch, cpu)
    packaged = plane.package(NAME, VERSION, NAME)
    signature = json.loads(packaged["ModelSignature"])
    downloaded = package.with_suffix(".tar.gz")
    with timed("downloaded") as said:
        plane.download(packaged["ModelArtifact"], downloaded)
        said.append(f" {packaged['ModelArtifact']} ({mebibytes(downloaded)})"
                    f", signed by {signature['algorithm']} key "
                    f"{signature['key_id'][:16]}")
    shutil.rmtree(package, ignore_errors=True)
    with tarfile.open(downloaded) as file:
        # A package is flat. The agent checks what else there is to it.
        file.extractall(package, [member for member in file
                                  if member.isfile()
                                  and "/" not in member.name])
    downloaded.unlink()


def classify(skerry: pathlib.Path, folder: pathlib.Path,
             labels: pathlib.Path, photos: list[pathlib.Path]) -> None:
    """Asks the agent at folder/agent.sock what is in the photos."""
    say(f"$ skerry predict --agent agent.sock {MODEL} --input PHOTO "
        f"--preprocess imagenet.yaml --top {TOP} --labels labels.txt")
    print()
    for photo in photos:
        result = json.loads(run(
            skerry, "predict", "--agent", "agent.sock", MODEL, "--input",
            photo, "--preprocess", network.HERE / "imagenet.yaml", "--top",
            TOP, "--labels", labels, "--json", cwd=folder))
        names = ", ".join(f"{entry['label']} {100 * entry['score']:.0f} %"
                          for entry in result["outputs"][0]["top"])
        print(f"    {photo.name:<18}{result['model_ms']:7.2f} ms   {names}",
              flush=True)


def show(build: pathlib.Path, seconds: float) -> bool:
    """The whole demo; whether all engines agree."""
    demo = build / "demo"
    demo.mkdir(parents=True, exist_ok=True)
    programs = build / "release" / "bin"
    skerry = programs / "skerry"
    archive = demo / f"{NAME}.tar.gz"
    package = demo / "package"
    labels = demo / "labels.txt"
    onnx = demo / f"{NAME}.onnx"
    weights = network.find_weights()

    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="demo-", dir=build)))
        heading("tracing EfficientNet-Lite0, trained on ImageNet, in PyTorch")
        network.make_archive(weights, archive)
        heading("compiling and signing it by a control plane on this machine")
        with timed("skerry-cloud serves") as said:
            plane = stack.enter_context(ControlPlane(programs, folder))
            said.append(f" {plane.url}")
        through_the_platform(plane, archive, skerry, package)
        heading("classifying photographs: skerry-agent has the model")
        (folder / "agent.json").write_text("{}")  # none of this machine's
        with timed(f"verified and loaded {shown(package)}; skerry-agent takes "
                   "nothing unsigned"):
            agent = stack.enter_context(Service(
                folder, r"ready models=(\d+)",
                [programs / "skerry-agent", "--socket", "agent.sock",
                 "--config", "agent.json", "--trust-roots", plane.trust,
                 "--model", f"{MODEL}={package}"]))
            if agent.ready[1] != "1":
                raise Fault("skerry-agent refused the package")
        network.write_labels(labels)
        photos = network.find_photos()
        classify(skerry, folder, labels, photos)

    heading("comparing with other engines: same input, same threads, in turns")
    network.export_onnx(weights, onnx)
    say("cold start: from loading the engine to its first result; memory: what "
        "that adds;")
    say("error: largest difference from ONNX Runtime, of the largest value")
    inputs = comparison.make_input(photos[0], demo)
    return comparison.compare(package / "compiled.so", onnx, weights, inputs,
                              demo, seconds)


def interrupted(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=3, metavar="S",
                        help="how long each engine is timed (default 3)")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    started = time.monotonic()
    try:
        agree = show(options.build.resolve(), options.seconds)
    except (Fault, *CLIENT_FAULTS) as fault:
        print(f"demo: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted; what it started has ended",
              file=sys.stderr)
        return 130
    print()
    say(f"the outputs {'agree' if agree else 'DO NOT agree'} to "
        f"{comparison.AGREEMENT:g} of the largest value")
    say(f"the demo took {time.monotonic() - started:.0f} s; the package is "
        f"{shown(options.build.resolve() / 'demo' / 'package')}")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
