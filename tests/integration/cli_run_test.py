"""skerry run: inputs of every kind, outputs, and what it says of faults."""

import json
import pathlib

import numpy
import pytest

import cli


@pytest.fixture(name="folder", scope="module")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with compiled models and inputs for them."""
    folder = tmp_path_factory.mktemp("run")
    for make in (cli.classifier, cli.adder):
        model = make(folder / f"{make.__name__}.onnx")
        result = cli.skerry("compile", model, "-o", model.with_suffix(".so"))
        assert result.returncode == 0, result.stderr
    numpy.save(folder / "image.npy", image())
    numpy.savez_compressed(folder / "both.npz", a=ones(), b=2 * ones())
    (folder / "labels.txt").write_text("zero\none\ntwo\nthree\n")
    return folder


def image() -> numpy.ndarray:
    return numpy.random.default_rng(2).random(cli.INPUT_SHAPE, "float32")


def ones() -> numpy.ndarray:
    return numpy.ones((2, 3), "float32")


def test_an_array_gives_the_scores_that_numpy_gives(
        folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    result = cli.skerry("run", folder / "classifier.so", "--input",
                        f"image={folder}/image.npy", "--output-dir",
                        tmp_path / "new" / "folder")

    assert result.returncode == 0, result.stderr
    written = numpy.load(tmp_path / "new" / "folder" / "scores_out_0.npy")
    numpy.testing.assert_allclose(written, cli.expected_scores(image()),
                                  rtol=1e-5)


def test_results_do_not_depend_on_the_threads(
        folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    for threads in (1, 2, 5):
        result = cli.skerry("run", folder / "classifier.so", "--input",
                            folder / "image.npy", "--threads", threads,
                            "--output-dir", tmp_path / str(threads))
        assert result.returncode == 0, result.stderr

    one = (tmp_path / "1" / "scores_out_0.npy").read_bytes()
    assert one == (tmp_path / "2" / "scores_out_0.npy").read_bytes()
    assert one == (tmp_path / "5" / "scores_out_0.npy").read_bytes()


def test_an_npz_holds_all_inputs_or_the_named_one(
        folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    model, arrays = folder / "adder.so", folder / "both.npz"

    whole = cli.skerry("run", model, "--input", arrays, "--output-dir",
                       tmp_path)
    named = cli.skerry("run", model, "--input", f"a={arrays}", "--input",
                       f"b={arrays}")

    assert whole.returncode == 0 and named.returncode == 0, whole.stderr
    assert (numpy.load(tmp_path / "sum.npy") == 3).all()
    assert (numpy.load(tmp_path / "difference.npy") == -1).all()
    assert "sum  float32[2, 3]  min 3  max 3" in named.stdout


def test_a_photo_is_prepared_as_the_flags_say(
        folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    photo = numpy.load(cli.IMAGES / "rgb.png.npy")[4:12, 8:16]
    prepared = (photo.astype("float32") - 127.5) / 64
    wanted = cli.expected_scores(prepared.transpose(2, 0, 1)[None, ::-1])

    # Resized to its own short side, so only the centre is cut out.
    result = cli.skerry("run", folder / "classifier.so", "--input",
                        cli.IMAGES / "rgb.png", "--resize-short", 17,
                        "--color", "bgr", "--mean", "127.5", "--std", "64",
                        "--output-dir", tmp_path)

    assert result.returncode == 0, result.stderr
    numpy.testing.assert_allclose(numpy.load(tmp_path / "scores_out_0.npy"),
                                  wanted, rtol=1e-4)


def test_a_sidecar_says_the_same_as_flags(folder: pathlib.Path,
                                          tmp_path: pathlib.Path) -> None:
    settings = tmp_path / "photo.yaml"
    settings.write_text("resize: crop\nscale: 1/255\nmean: [0.5, 0.4, 0.3]\n")
    command = ["run", folder / "classifier.so", "--json", "--top", 4,
               "--input", cli.IMAGES / "rgb.jpg"]

    by_file = cli.skerry(*command, "--preprocess", settings)
    by_flags = cli.skerry(*command, "--resize", "crop", "--scale", "1/255",
                          "--mean", "0.5,0.4,0.3")
    beside = tmp_path / "classifier.so"
    beside.write_bytes((folder / "classifier.so").read_bytes())
    settings.rename(tmp_path / "classifier.yaml")
    found = cli.skerry(*command[:1], beside, *command[2:])

    assert by_file.returncode == 0, by_file.stderr
    tops = [json.loads(result.stdout)["outputs"][0]["top"]
            for result in (by_file, by_flags, found)]
    assert tops[0] == tops[1] == tops[2]


def test_top_names_the_largest_scores(folder: pathlib.Path) -> None:
    result = cli.skerry("run", folder / "classifier.so", "--input",
                        folder / "image.npy", "--top", 2, "--labels",
                        folder / "labels.txt")

    order = numpy.argsort(-cli.expected_scores(image()).ravel())
    names = ["zero", "one", "two", "three"]
    assert result.returncode == 0, result.stderr
    assert [line.split()[1:] for line in result.stdout.splitlines()] == [
        [str(index), names[index]] for index in order[:2]]


def test_json_is_for_programs(folder: pathlib.Path,
                              tmp_path: pathlib.Path) -> None:
    result = cli.skerry("run", folder / "classifier.so", "--input",
                        folder / "image.npy", "--json", "--top", 1,
                        "--output-dir", tmp_path)

    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    output = report["outputs"][0]
    assert output["name"] == cli.OUTPUT_NAME
    assert output["shape"] == [1, 4, 1, 1]
    assert pathlib.Path(output["file"]).name == "scores_out_0.npy"
    assert 0 < output["top"][0]["score"] <= 1
    assert report["run_ms"] > 0


def test_inputs_that_do_not_fit_are_named(folder: pathlib.Path,
                                          tmp_path: pathlib.Path) -> None:
    numpy.save(tmp_path / "small.npy", image()[:, :, :4])
    numpy.save(tmp_path / "double.npy", image().astype("float64"))
    run = ["run", folder / "classifier.so"]

    assert cli.fails(cli.skerry(*run), "input 'image'", "is not given")
    assert cli.fails(cli.skerry(*run, "--input", tmp_path / "small.npy"),
                     "float32[1, 3, 4, 8]", "want float32[1, 3, 8, 8]")
    assert cli.fails(cli.skerry(*run, "--input", tmp_path / "double.npy"),
                     "float64", "want float32")
    assert cli.fails(cli.skerry(*run, "--input", "x=image.npy"),
                     "no input 'x'")
    assert cli.fails(cli.skerry(*run, "--input", "gone.npy"), "gone.npy")
    assert cli.fails(cli.skerry(*run, "--input", cli.IMAGES / "make.py"),
                     "neither a JPEG nor a PNG")


def test_damaged_inputs_are_named(folder: pathlib.Path,
                                  tmp_path: pathlib.Path) -> None:
    for source in (folder / "image.npy", cli.IMAGES / "rgb.jpg",
                   cli.IMAGES / "rgb.png", folder / "both.npz"):
        cut = tmp_path / source.name
        cut.write_bytes(source.read_bytes()[:-100])

        result = cli.skerry("run", folder / "classifier.so", "--input", cut)

        assert cli.fails(result, cut.name)


def test_settings_that_are_wrong_are_named(folder: pathlib.Path,
                                           tmp_path: pathlib.Path) -> None:
    run = ["run", folder / "classifier.so", "--input", cli.IMAGES / "rgb.jpg"]
    settings = tmp_path / "photo.yaml"
    settings.write_text("scale: 1\nmeen: 3\n")

    assert cli.fails(cli.skerry(*run, "--preprocess", settings),
                     "photo.yaml", "line 2", "meen")
    assert cli.fails(cli.skerry(*run, "--preprocess", "gone.yaml"),
                     "gone.yaml")
    assert cli.fails(cli.skerry(*run, "--color", "red"), "color", "rgb, bgr")
    assert cli.fails(cli.skerry(*run, "--size", "9x8"), "9x8", "8x8")
    assert cli.fails(cli.skerry(*run, "--threads", "0"), "--threads")
    assert cli.fails(cli.skerry(*run, "--labels", settings), "labels",
                     "2 lines", "4 scores")


def test_files_that_are_no_models_are_refused(folder: pathlib.Path,
                                              tmp_path: pathlib.Path) -> None:
    good = (folder / "classifier.so").read_bytes()
    changed = bytearray(good)
    changed[len(good) // 2] ^= 1
    bad = {"empty.so": b"", "text.so": b"this is no model" * 100,
           "cut.so": good[:-1], "half.so": good[:len(good) // 2],
           "changed.so": bytes(changed)}

    for name, content in bad.items():
        path = tmp_path / name
        path.write_bytes(content)
        for command in ("run", "bench", "inspect"):
            assert cli.fails(cli.skerry(command, path), name)
    # A shared object or program that is not ours.
    assert cli.fails(cli.skerry("run", cli.PROGRAM), cli.PROGRAM.name)


def test_outputs_that_cannot_be_written_are_a_fault_of_the_machine(
        folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("in the way")

    result = cli.skerry("run", folder / "classifier.so", "--input",
                        folder / "image.npy", "--output-dir",
                        tmp_path / "file")

    assert cli.fails(result, str(tmp_path / "file"), code=1)
