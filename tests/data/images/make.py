#!/usr/bin/env python3
"""Makes the images of this folder, and what Pillow decodes them to.

    python3 make.py [FOLDER]

NAME.npy holds the pixels of NAME as Pillow's convert("RGB") or convert("L")
gives them; resize_*.npy holds Pillow's resizing of rgb.png. The tests of
src/skerry/media compare with these files byte for byte.
"""

import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image

SIZE = (23, 17)  # odd, so that blocks and interlacing have ragged edges


def picture():
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    red = 255 * x / (SIZE[0] - 1)
    green = 255 * y / (SIZE[1] - 1)
    blue = 127 + 127 * np.sin(x * 0.9) * np.cos(y * 0.7)
    return np.stack([red, green, blue], -1).astype(np.uint8)


def png(path, width, height, depth, color, rows):
    """A PNG of raw `rows`; Pillow cannot write all the kinds."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def main():
    default = pathlib.Path(__file__).parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rgb = Image.fromarray(picture())
    grey = rgb.convert("L")

    rgb.save(folder / "rgb.jpg", quality=90)
    rgb.save(folder / "progressive.jpg", quality=80, progressive=True)
    grey.save(folder / "grey.jpg", quality=90)
    rgb.convert("CMYK").save(folder / "cmyk.jpg", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb.save(folder / "turned.jpg", quality=90, exif=exif)

    rgb.save(folder / "rgb.png")
    grey.save(folder / "grey.png")
    rgb.quantize(11).save(folder / "palette.png")
    grey.convert("1").save(folder / "bits.png")
    rgba = rgb.copy()
    rgba.putalpha(grey)
    rgba.save(folder / "alpha.png")
    wide = picture().astype(">u2") * 257
    png(
        folder / "wide.png",
        *SIZE,
        16,
        2,
        [row.tobytes() for row in wide],
    )

    for path in sorted(folder.glob("*.[jp][pn]g")):
        image = Image.open(path)
        mode = "L" if image.mode in ("1", "L") else "RGB"
        np.save(f"{path}.npy", np.asarray(image.convert(mode)))
    for width, height in ((9, 7), (40, 31), (23, 5), (50, 17)):
        size = (width, height)
        name = folder / f"resize_{height}x{width}"
        np.save(
            f"{name}_bilinear.npy",
            np.asarray(rgb.resize(size, Image.Resampling.BILINEAR)),
        )
        np.save(
            f"{name}_nearest.npy",
            np.asarray(rgb.resize(size, Image.Resampling.NEAREST)),
        )


if __name__ == "__main__":
    main()
