"""The parts of the bench that judge and show numbers."""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import pytest

numpy = pytest.importorskip("numpy")

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import chart  # noqa: E402
import measure  # noqa: E402
import models  # noqa: E402
import report  # noqa: E402


def subject(engine: str, times_ms: list[float],
            outputs: list) -> measure.Subject:
    start = {"version": "1", "cold_ms": 1.0, "peak_bytes": 1,
             "library_bytes": 1}
    return measure.Subject(engine, "m", start, "",
                           [numpy.array(o, "float32") for o in outputs],
                           times_ms, times_ms)


def test_the_error_is_relative_to_the_largest_magnitude() -> None:
    found = [numpy.array([1.0, -4.0])]
    wanted = [numpy.array([1.5, -5.0])]

    assert measure.relative_error(found, wanted) == pytest.approx(0.2)


def test_outputs_of_other_shapes_never_agree() -> None:
    two, three = [numpy.zeros(2)], [numpy.zeros(3)]

    assert measure.relative_error(two, three) == float("inf")
    assert measure.relative_error(two, two + two) == float("inf")


def test_a_row_compares_medians_and_outputs() -> None:
    row = report.make_row("m", 1, [
        subject("skerry", [1.0, 2.0, 3.0], [[1.0, 2.0]]),
        subject("onnxruntime", [2.0, 4.0, 9.0], [[1.0, 2.1]]),
        measure.Subject("openvino", "m", fault="no such operator"),
    ])

    assert row.ratio("onnxruntime") == pytest.approx(2.0)
    assert row.ratio("openvino") is None
    assert row.timings["skerry"].error == pytest.approx(0.1 / 2.1, rel=1e-4)
    assert row.faults == {"openvino": "no such operator"}


def test_the_summary_is_the_geometric_mean() -> None:
    rows = [report.make_row("m", 1, [subject("skerry", [1.0], [[1.0]]),
                                     subject("onnxruntime", [slow], [[1.0]])])
            for slow in (1.0, 4.0)]

    assert "2.00 times as fast as ONNX Runtime" in report.summary(rows)[0]


def test_the_page_has_every_model_and_the_skipped_ones() -> None:
    rows = [report.make_row("tiny", 1, [subject("skerry", [1.0], [[1.0]])])]
    header = {"date": "2024-06-07", "commit": "abc", "command": "./run bench",
              "rounds": 1, "seconds": 1,
              "machine": {"cpu": "x", "cpus": 2, "features": [],
                          "memory_gib": 1, "system": "Linux"}}

    page = report.format_page(rows, header, {"odd": "no such op"}, "c.svg")

    assert "| tiny | 1.000" in page
    assert "* odd: no such op" in page


@pytest.mark.parametrize("cpu,name", [
    ("AMD EPYC", "amd-epyc-2cpu"),
    ("Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
     "intel-xeon-platinum-8481c-2cpu"),
])
def test_a_machine_name_fits_a_file_name(cpu: str, name: str) -> None:
    assert report.machine_name({"cpu": cpu, "cpus": 2}) == name


def test_a_chart_is_xml_with_a_bar_for_each_engine() -> None:
    svg = chart.draw("speed <x>", [("model", {"skerry": 1.5,
                                              "onnxruntime": 1.0})],
                     report.TITLES)

    rectangles = ElementTree.fromstring(svg).findall(".//{*}rect")
    # The background, two of the legend, two bars.
    assert len(rectangles) == 5


def test_models_are_found_at_any_depth(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.onnx").touch()
    (tmp_path / "c.onnx").touch()

    found = models.find_models(tmp_path)

    assert [model.name for model in found] == ["a/b", "c"]


def test_random_inputs_are_what_the_type_can_hold() -> None:
    random = numpy.random.default_rng(1)

    image = models.random_array(random, [2, 3], "uint8")
    index = models.random_array(random, [4], "int64")

    assert image.dtype == "uint8" and image.shape == (2, 3)
    assert not index.any()


def test_workers_get_no_openblas_setting(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "generic")

    variables = measure.environment(2)

    assert "OPENBLAS_CORETYPE" not in variables
    assert variables["OMP_NUM_THREADS"] == "2"


def test_a_fault_of_a_worker_is_its_last_line(
        tmp_path: pathlib.Path) -> None:
    inputs = tmp_path / "in.npz"
    numpy.savez(inputs, x=numpy.zeros(1))
    subjects = [measure.Subject("no-such-engine", "m")]

    measure.measure(subjects, 1, inputs, tmp_path, 0.1, 1)

    assert "KeyError" in subjects[0].fault
