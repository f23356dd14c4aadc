#!/usr/bin/env python3
"""Makes the arrays of this folder with numpy: python3 make.py [FOLDER]."""

import pathlib
import sys

import numpy as np


def main():
    default = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    steps = np.arange(24)
    cube = steps.reshape(2, 3, 4)
    np.save(folder / "c_order.npy", cube.astype("<f4"))
    np.save(folder / "fortran.npy", np.asfortranarray(cube.astype("<i8")))
    np.save(folder / "scalar.npy", np.float64(2.5))
    np.save(folder / "empty.npy", np.zeros((0, 5), np.uint8))
    np.save(folder / "bools.npy", np.array([True, False, True]))
    np.save(folder / "half.npy", np.array([0.5, -2], np.float16))
    np.save(folder / "big_endian.npy", cube.astype(">f4"))
    np.save(folder / "text.npy", np.array(["skerry"]))
    np.save(folder / "complex.npy", np.array([1j]))
    with open(folder / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, steps.astype("<i4"), (2, 0))
    with open(folder / "version3.npy", "wb") as file:
        np.lib.format.write_array(file, steps.astype("<u2"), (3, 0))
    arrays = {"image": cube.astype("<f4"), "a/b:0": steps.astype("<i4")}
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "deflated.npz", **arrays)


if __name__ == "__main__":
    main()
