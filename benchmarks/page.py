# SPDX-License-Identifier: MIT
"""The page that benchmarks/compare writes: for each work the figure that ranks servers as bars, and their latencies.

It stands alone: one HTML file with drawings in SVG, light or dark as the reader's system is.
"""
import math
from html import escape

COLOURS = ("#8792a0", "#5f6b7a", "#2a78d6", "#2f9e58", "#d6492a", "#b8860b", "#8a56c2", "#0d8fa0", "#c2478f", "#7a9a1c",
           "#a0522d", "#b39ddb")
STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e4e9f0); --quiet: light-dark(#66707d, #97a3b2);
        --line: light-dark(#dde2e8, #333c48); --ground: light-dark(#ffffff, #151a21); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 1000px;
       margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.75rem; }
p, figcaption { color: var(--quiet); } figure { margin: 1rem 0; } svg { width: 100%; height: auto; }
text { font: 12px system-ui, sans-serif; fill: var(--ink); } .quiet { fill: var(--quiet); }
.grid { stroke: var(--line); } .curve { fill: none; stroke-width: 1.2; opacity: 0.75; }
text.ours { font-weight: 650; } .curve.ours { stroke-width: 2.6; opacity: 1; }
"""
WIDTH, LABELS = 960, 210


class Server:
    """A row of a work: what is shown of one server."""

    def __init__(self, name, ours, microseconds, ratio, spread, histogram):
        self.name, self.ours, self.microseconds, self.ratio, self.spread = name, ours, microseconds, ratio, spread
        self.histogram = histogram  # sorted pairs: upper end in nanoseconds, count


def bars(servers):
    step, most = 24, max(max(each.ratio, each.spread[1]) for each in servers)
    scale = (WIDTH - LABELS - 190) / most
    parts = []
    for row, each in enumerate(servers):
        y = row * step
        low, high = (LABELS + scale * value for value in each.spread)
        length, colour = scale * each.ratio, COLOURS[row % len(COLOURS)]
        parts.append(
            f'<text x="{LABELS - 10}" y="{y + 16}" text-anchor="end" class="{"ours" if each.ours else ""}">'
            f'{escape(each.name)}</text>'
            f'<rect x="{LABELS}" y="{y + 4}" width="{length:.1f}" height="16" rx="2" fill="{colour}"/>'
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 12}" y2="{y + 12}" stroke="currentColor"/>'
            f'<text x="{max(high, LABELS + length) + 8:.1f}" y="{y + 16}">{each.ratio:.2f}'
            f'<tspan class="quiet" dx="8">{each.microseconds:.2f} us</tspan></text>')
    one = LABELS + scale
    height = len(servers) * step + 4
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img"><line class="grid" x1="{one:.1f}" x2="{one:.1f}" y1="0" '
            f'y2="{height}"/>{"".join(parts)}</svg>')


def curve(histogram, x_of, y_of):
    """Latency over the share of round trips that took at most so long, spread as 90 %, 99 %, 99.9 %..."""
    total, seen, points = sum(count for _, count in histogram), 0, []
    for end, count in histogram:
        seen += count
        rest = max(1 - seen / total, 1 / total)
        points.append(f"{x_of(-math.log10(rest)):.1f},{y_of(end):.1f}")
    return " ".join(points)


def latencies(servers):
    height, top, bottom, right = 340, 12, 30, 10
    shares = (0, 0.5, 0.9, 0.99, 0.999, 0.9999)
    ends = [end for each in servers for end, count in each.histogram if count]
    low, high = math.log10(min(ends)), math.log10(max(ends))
    most = max(math.log10(sum(count for _, count in each.histogram)) for each in servers)

    def x_of(nines):
        return 60 + (WIDTH - 60 - right) * nines / most

    def y_of(nanoseconds):
        return top + (height - bottom - top) * (1 - (math.log10(nanoseconds) - low) / max(high - low, 0.1))

    parts = []
    for share in shares:
        nines = -math.log10(1 - share)
        if nines <= most:
            x = x_of(nines)
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - bottom}"/>'
                         f'<text class="quiet" x="{x:.1f}" y="{height - 10}" text-anchor="middle">'
                         f'{share * 100:g} %</text>')
    for power in range(math.ceil(low), math.floor(high) + 1):
        y, micro = y_of(10 ** power), 10 ** (power - 3)
        label = f"{micro:g} us" if micro < 1000 else f"{micro / 1000:g} ms"
        parts.append(f'<line class="grid" x1="60" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                     f'<text class="quiet" x="52" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for row, each in enumerate(servers):
        parts.append(f'<polyline class="curve{" ours" if each.ours else ""}" stroke="{COLOURS[row % len(COLOURS)]}" '
                     f'points="{curve(each.histogram, x_of, y_of)}"><title>{escape(each.name)}</title></polyline>')
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def page(works, machine, command):
    """`works`: a title, what ranks the servers, and the servers of each."""
    sections = "".join(
        f"<h2>{escape(title)}</h2><figure>{bars(servers)}<figcaption>{escape(caption)}, against the best server "
        f"written by hand; the line is the middle half of the rounds.</figcaption></figure>"
        f"<figure>{latencies(servers)}<figcaption>How long round trips took, in the colours above.</figcaption>"
        f"</figure>"
        for title, caption, servers in works)
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Echo servers side by side</title>'
            f"<style>{STYLE}</style><h1>Echo servers side by side</h1><p>{escape(machine)}<br>"
            f"<code>{escape(command)}</code></p>{sections}</html>\n")
