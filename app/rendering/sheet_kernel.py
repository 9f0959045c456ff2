"""The compiled cutting of a sheet into the pixels it is seen in, and their colouring; no camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.compiled import compiled

UInt8Array = NDArray[np.uint8]
Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


@compiled  # type: ignore[untyped-decorator]
def _is_left(edge: float, dx: float, dy: float) -> bool:  # pragma: no cover
    """Tell whether a place is on the inner side of an edge; on it, for one of its two sides."""
    return bool(edge > 0.0 or (edge == 0.0 and (dy < 0.0 or (dy == 0.0 and dx < 0.0))))


@compiled  # type: ignore[untyped-decorator]
def _write_piece(
    pieces: tuple[Int32Array, Float32Array, Float32Array],
    at: int,
    number: int,
    of: Int32Array,
    shares: tuple[float, float, float],
    attributes: tuple[Float64Array, Float64Array],
) -> None:  # pragma: no cover
    """Write how near a piece lies to the corners, true to perspective, and how it faces."""
    owner, near, light = pieces
    inverse_w, normals = attributes
    p, q, r = (
        shares[0] * inverse_w[of[0]],
        shares[1] * inverse_w[of[1]],
        shares[2] * inverse_w[of[2]],
    )
    total = p + q + r
    p, q, r = p / total, q / total, r / total
    x = p * normals[of[0], 0] + q * normals[of[1], 0] + r * normals[of[2], 0]
    y = p * normals[of[0], 1] + q * normals[of[1], 1] + r * normals[of[2], 1]
    z = p * normals[of[0], 2] + q * normals[of[1], 2] + r * normals[of[2], 2]
    owner[at] = number
    near[at, 0], near[at, 1] = p, q
    light[at, 0] = max(0.0, z / max(1e-9, np.sqrt(x * x + y * y + z * z)))


@compiled  # type: ignore[untyped-decorator]
def _seen_pixels(
    places: Float64Array,
    of: Int32Array,
    depth: Float32Array,
    slack: float,
    starts: Int64Array,
    pieces: tuple[Int32Array, Float32Array, Float32Array],
    number: int,
    attributes: tuple[Float64Array, Float64Array],
) -> None:  # pragma: no cover
    """Write what is seen of a triangle, see `sheet_pieces`; without room for it only count it."""
    rows, columns = depth.shape
    ax, ay, az = places[of[0], 0], places[of[0], 1], places[of[0], 2]
    bx, by, bz = places[of[1], 0], places[of[1], 1], places[of[1], 2]
    cx, cy, cz = places[of[2], 0], places[of[2], 1], places[of[2], 2]
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if area <= 0.0:
        return  # seen from behind
    first = max(0, int(np.ceil(min(ax, bx, cx) - 0.5)))
    last = min(columns, int(np.floor(max(ax, bx, cx) - 0.5)) + 1)
    low = max(0, int(np.ceil(min(ay, by, cy) - 0.5)))
    high = min(rows, int(np.floor(max(ay, by, cy) - 0.5)) + 1)
    for row in range(low, high):
        y = row + 0.5
        for column in range(first, last):
            x = column + 0.5
            to_a = (cx - bx) * (y - by) - (cy - by) * (x - bx)
            to_b = (ax - cx) * (y - cy) - (ay - cy) * (x - cx)
            to_c = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
            covered = _is_left(to_a, cx - bx, cy - by) and _is_left(to_b, ax - cx, ay - cy)
            if not (covered and _is_left(to_c, bx - ax, by - ay)):
                continue
            shares = (to_a / area, to_b / area, to_c / area)
            z = shares[0] * az + shares[1] * bz + shares[2] * cz
            if not 0.0 <= z <= depth[row, column] + slack:
                continue
            pixel = row * columns + column
            if len(pieces[0]) == 0:
                starts[pixel + 1] += 1
                continue
            at = starts[pixel]
            starts[pixel] += 1
            _write_piece(pieces, at, number, of, shares, attributes)
            pieces[2][at, 1] = max(1.1 - z, 0.0) ** 2


@compiled  # type: ignore[untyped-decorator]
def sheet_pieces(
    places: Float64Array,
    inverse_w: Float64Array,
    normals: Float64Array,
    triangles: Int32Array,
    depth: Float32Array,
    slack: float,
) -> tuple[Int64Array, Int32Array, Float32Array, Float32Array]:  # pragma: no cover
    """Return in which pixels each triangle is seen from its front, before what lies behind it.

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Corners on the screen: columns from the left, rows from below, depth 0 to 1.
    inverse_w : ndarray, shape (n,)
        One by each corner's distance from the camera; all alike without perspective.
    normals : ndarray, shape (n, 3)
        To the right, up and toward the viewer.
    depth : ndarray of float32, shape (rows, columns)
        Of what is solid, the lowest row first; `slack` is how far behind it a piece is still seen.

    Returns
    -------
    starts : ndarray, shape (pixels + 1,)
        Where the pieces of each pixel begin among all.
    owner : ndarray of int32
        Each piece's triangle.
    near : ndarray of float32, shape (pieces, 2)
        How near it lies to the triangle's first two corners; all three shares make one.
    light : ndarray of float32, shape (pieces, 2)
        Cosine to the viewer, and the weight of its depth where several lie in a pixel.
    """
    starts = np.zeros(depth.size + 1, dtype=np.int64)
    none = np.empty(0, dtype=np.int32), np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    attributes = (inverse_w, normals)
    for t in range(len(triangles)):
        _seen_pixels(places, triangles[t], depth, slack, starts, none, t, attributes)
    starts = np.cumsum(starts)
    count = starts[-1]
    owner = np.empty(count, dtype=np.int32)
    near, light = np.empty((count, 2), np.float32), np.empty((count, 2), np.float32)
    reached, pieces = starts.copy(), (owner, near, light)
    for t in range(len(triangles)):
        _seen_pixels(places, triangles[t], depth, slack, reached, pieces, t, attributes)
    return starts, owner, near, light


@compiled  # type: ignore[untyped-decorator]
def coloured_sheet(
    base: UInt8Array,
    over: UInt8Array,
    starts: Int64Array,
    owner: Int32Array,
    near: Float32Array,
    light: Float32Array,
    points: Int32Array,
    colours: UInt8Array,
    shine: Float32Array,
) -> UInt8Array:  # pragma: no cover
    """Return a picture of a sheet over what stands still, and what lies over both.

    Where several pieces lie in a pixel they are mixed by their opacity and depth, whatever their
    order, as VTK's order-independent translucency mixes them.

    Parameters
    ----------
    base : ndarray of uint8, shape (pixels, 3)
        Red, green, blue.
    over : ndarray of uint8, shape (pixels, 4)
        Colours scaled by their opacity, and how much is seen through them; empty for nothing.
    points : ndarray of int32, shape (triangles, 3)
        By whose colours the corners are coloured.
    colours : ndarray of uint8, shape (m, 4)
    shine : ndarray of float32
        Share of the light that comes from everywhere, and from the viewer.

    Returns
    -------
    ndarray of uint8, shape (pixels, 4)
    """
    out = np.empty((len(base), 4), dtype=np.uint8)
    mixed = np.empty(3, dtype=np.float32)
    one, scale = np.float32(1.0), np.float32(1.0 / 255.0)
    for pixel in range(len(base)):
        mixed[:] = 0.0
        weights, through = np.float32(0.0), one
        for n in range(starts[pixel], starts[pixel + 1]):
            a, b, c = points[owner[n], 0], points[owner[n], 1], points[owner[n], 2]
            to_a, to_b = near[n, 0], near[n, 1]
            to_c = one - to_a - to_b
            opacity = scale * (to_a * colours[a, 3] + to_b * colours[b, 3] + to_c * colours[c, 3])
            weight = opacity * light[n, 1]
            lit = scale * weight * (shine[0] + shine[1] * light[n, 0])
            for channel in range(3):
                mixed[channel] += lit * (
                    to_a * colours[a, channel]
                    + to_b * colours[b, channel]
                    + to_c * colours[c, channel]
                )
            weights += weight
            through *= one - opacity
        for channel in range(3):
            value = np.float32(base[pixel, channel])
            if weights > 0.0:
                sheet = min(one, mixed[channel] / max(weights, np.float32(0.01)))
                value = value * through + np.float32(255.0) * sheet * (one - through)
            if len(over):
                value = over[pixel, channel] + value * over[pixel, 3] * scale
            out[pixel, channel] = np.uint8(min(np.float32(255.0), value + np.float32(0.5)))
        out[pixel, 3] = 255
    return out
