"""Draws bars as SVG; nothing but text is needed for that."""

from xml.sax.saxutils import escape

BAR = 13
GAP = 12
LEFT = 210
WIDTH = 560
TOP = 64
# One model with tiny layers may be many times faster; its bar ends here, so
# that the others can be told apart.
LONGEST = 3.0
COLOURS = {"skerry": "#0b7285", "onnxruntime": "#e8590c",
           "openvino": "#7048e8", "torch": "#868e96"}


def draw(title: str, groups: list[tuple[str, dict[str, float]]],
         titles: dict[str, str]) -> str:
    """A chart of speeds: one group of bars per model, a bar per engine.

    `groups` holds for each model the speed of each engine relative to the
    first engine of `titles` that it has; longer is faster.
    """
    engines = [name for name in titles
               if any(name in bars for _, bars in groups)]
    longest = max((min(value, LONGEST) for _, bars in groups
                   for value in bars.values()), default=1.0)
    step = len(engines) * BAR + GAP
    height = TOP + len(groups) * step + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}"'
        f' height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="100%" height="100%" fill="white"/>',
        text(12, 22, title, 'font-size="15" font-weight="bold"'),
        *legend(engines, titles),
    ]
    for index, (name, bars) in enumerate(groups):
        top = TOP + index * step
        parts.append(text(LEFT - 8, top + BAR * len(engines) / 2 + 4,
                          shorten(name), 'text-anchor="end"'))
        for place, engine in enumerate(engines):
            if engine in bars:
                parts += bar(top + place * BAR, engine, bars[engine], longest)
    one = LEFT + WIDTH / longest
    parts.append(f'<line x1="{one:.1f}" y1="{TOP - 6}" x2="{one:.1f}" '
                 f'y2="{height - 20}" stroke="#495057" '
                 'stroke-dasharray="3 3"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(engines: list[str], titles: dict[str, str]) -> list[str]:
    parts = []
    for index, engine in enumerate(engines):
        x = LEFT + index * 130
        parts.append(f'<rect x="{x}" y="36" width="11" height="11" '
                     f'fill="{COLOURS.get(engine, "#000")}"/>')
        parts.append(text(x + 16, 46, titles[engine]))
    return parts


def bar(top: float, engine: str, value: float, longest: float) -> list[str]:
    width = WIDTH * min(value, longest) / longest
    return [
        f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 2}" '
        f'fill="{COLOURS.get(engine, "#000")}"/>',
        text(LEFT + width + 4, top + BAR - 4, f"{value:.2f}"),
    ]


def text(x: float, y: float, words: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def shorten(name: str) -> str:
    """The end of a long name, which says most."""
    return name if len(name) <= 32 else "…" + name[-31:]
