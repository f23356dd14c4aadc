"""Calls libskerry.so from Python: the C API of runtime/skerry.h by ctypes."""

import ctypes
import os
import pathlib
from collections.abc import Mapping

import numpy

DEFAULT_LIBRARY = (pathlib.Path(__file__).resolve().parent.parent
                   / "build" / "release" / "lib" / "libskerry.so")
# By SkerryDataType, as far as NumPy has them.
TYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16",
         6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64",
         12: "uint32", 13: "uint64"}


class TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("data_type", ctypes.c_int),
                ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64)),
                ("byte_count", ctypes.c_size_t)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("struct_bytes", ctypes.c_size_t),
                ("thread_count", ctypes.c_int32),
                ("spin_microseconds", ctypes.c_int32),
                ("memory_bytes_max", ctypes.c_uint64)]


class Buffer(ctypes.Structure):
    """SkerryInput and SkerryOutput."""

    _fields_ = [("data", ctypes.c_void_p), ("byte_count", ctypes.c_size_t)]


class SkerryError(Exception):
    """The sentence that the library gave."""


class Session:
    """One model, loaded, with buffers of its own for inputs and outputs."""

    def __init__(self, path: str, threads: int = 1) -> None:
        self._library = load_library()
        self._model = ctypes.c_void_p()
        self._session = ctypes.c_void_p()
        library = self._library
        self._check(library.skerry_model_load_file(
            os.fsencode(path), ctypes.byref(self._model)))
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, 0, 0)
        self._check(library.skerry_session_create(
            self._model, ctypes.byref(options), ctypes.byref(self._session)))
        self.inputs = self._arrays("input")
        self.outputs = self._arrays("output")
        self._call = (self._session, *buffers(self.inputs),
                      *buffers(self.outputs))

    def bind(self, inputs: Mapping[str, numpy.ndarray]) -> None:
        """Uses these arrays, in place, as the inputs of every later run."""
        for name, own in self.inputs.items():
            given = inputs[name]
            if given.dtype != own.dtype or given.shape != own.shape:
                raise SkerryError(f"input '{name}': got {given.dtype}"
                                  f"{list(given.shape)}, want {own.dtype}"
                                  f"{list(own.shape)}")
            self.inputs[name] = numpy.ascontiguousarray(given)
        self._call = (self._session, *buffers(self.inputs),
                      *buffers(self.outputs))

    def run(self) -> None:
        """Infers once; `outputs` has the result."""
        status = self._library.skerry_session_run(*self._call)
        if status:
            self._check(status)

    def version(self) -> str:
        return self._library.skerry_version().decode()

    def close(self) -> None:
        self._library.skerry_session_destroy(self._session)
        self._library.skerry_model_destroy(self._model)
        self._session, self._model = ctypes.c_void_p(), ctypes.c_void_p()

    def _arrays(self, which: str) -> dict[str, numpy.ndarray]:
        """Zeros in the type and shape of each input or output, by name."""
        library = self._library
        count = getattr(library, f"skerry_model_{which}_count")(self._model)
        describe = getattr(library, f"skerry_model_{which}")
        arrays = {}
        for index in range(count):
            info = TensorInfo()
            self._check(describe(self._model, ctypes.c_size_t(index),
                                 ctypes.byref(info)))
            shape = [info.dims[axis] for axis in range(info.rank)]
            arrays[info.name.decode()] = numpy.zeros(
                shape, TYPES[info.data_type])
        return arrays

    def _check(self, status: int) -> None:
        if status:
            raise SkerryError(self._library.skerry_last_error().decode())


def buffers(arrays: Mapping[str, numpy.ndarray]
            ) -> tuple[ctypes.Array, ctypes.c_size_t]:
    """The arrays as the C API takes them."""
    items = list(arrays.values())
    made = (Buffer * max(1, len(items)))(
        *[Buffer(item.ctypes.data, item.nbytes) for item in items])
    return made, ctypes.c_size_t(len(items))


def load_library() -> ctypes.CDLL:
    """libskerry.so of $SKERRY_LIBRARY, or of the release build."""
    library = ctypes.CDLL(os.environ.get("SKERRY_LIBRARY",
                                         str(DEFAULT_LIBRARY)))
    library.skerry_last_error.restype = ctypes.c_char_p
    library.skerry_version.restype = ctypes.c_char_p
    library.skerry_model_input_count.restype = ctypes.c_size_t
    library.skerry_model_output_count.restype = ctypes.c_size_t
    library.skerry_session_destroy.restype = None
    library.skerry_model_destroy.restype = None
    return library
