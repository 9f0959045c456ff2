"""What a scanner makes of metal: X-rays of several energies, rows, a kernel; knows no needle.

Metal is a cloud of small grains. For each detector row its thickness along every parallel ray is
summed, each energy is attenuated by body and metal, the logarithm is taken, noise of starved rays
is added and everything is filtered and projected back. Partial volume, point spread, blooming,
beam hardening, its shadow beyond the tip and streaks come out of that; nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

# keV, share of the photons (120 kV, filtered), and linear attenuation in 1/mm: mass attenuation
# coefficients of NIST's XCOM times density (water 1.0, steel 316 as 8.0, nitinol 6.45 g/cm3).
_SHARE = np.array([0.30, 0.34, 0.24, 0.12])  # 50, 60, 80, 100 keV
_WATER = np.array([0.02269, 0.02059, 0.01837, 0.01707])
METALS = {
    "steel": np.array([1.566, 0.964, 0.476, 0.297]),
    "nitinol": np.array([1.229, 0.759, 0.377, 0.239]),
    "titanium": np.array([0.547, 0.345, 0.183, 0.123]),
}
# Nothing gets through but scatter: detectors measure no more than about this line integral.
_DARKEST = 9.0
_PHOTONS = 4.0e5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grains:
    """Metal as grains of one size.

    Parameters
    ----------
    at_mm : ndarray, shape (n, 3)
        x, y in the plane of the rows, z across them.
    volume_mm3 : float
        Of each.
    """

    at_mm: np.ndarray
    volume_mm3: float
    metal: str = "steel"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scanner:
    """How a scanner sees.

    Parameters
    ----------
    cutoff_per_mm : float
        Where the kernel's transfer falls to 0 (line pairs per mm).
    edge : float
        How much a sharp kernel lifts middle frequencies; 0 for a soft one.
    row_overlap : float
        How far a row's profile is smeared into its neighbours', in rows.
    """

    cutoff_per_mm: float = 0.9
    edge: float = 0.0
    row_overlap: float = 0.8
    views: int = 480
    bin_mm: float = 0.35


def metal_hu(
    grains: list[Grains],
    water_mm,
    *,
    x_mm: np.ndarray,
    y_mm: np.ndarray,
    rows_z_mm: np.ndarray,
    scanner: Scanner,
    rng: np.random.Generator,
    reach_mm: float = 55.0,
) -> np.ndarray:
    """Return what metal adds to an image, in HU, shape (rows, y, x).

    Parameters
    ----------
    water_mm : callable
        ``(views_rad, offsets_mm, row) -> path_mm``: water-equivalent path through the body along
        rays, offsets ``x cos + y sin``.
    reach_mm : float
        How far around the metal streaks are followed, where they fade out.
    """
    everything = np.concatenate([g.at_mm for g in grains])
    middle = (everything.min(axis=0) + everything.max(axis=0))[:2] / 2.0
    half = float(np.hypot(*np.ptp(everything[:, :2], axis=0) / 2.0 + reach_mm)) + 5.0
    views = np.arange(scanner.views) * np.pi / scanner.views
    bins = 2 * int(half / scanner.bin_mm) + 1
    room = 1 << int(np.ceil(np.log2(2 * bins)))
    offsets = (np.arange(bins) - bins // 2) * scanner.bin_mm
    cos_sin = np.stack([np.cos(views), np.sin(views)])
    out = np.zeros((len(rows_z_mm), len(y_mm), len(x_mm)), dtype=np.float32)
    pitch = float(rows_z_mm[1] - rows_z_mm[0]) if len(rows_z_mm) > 1 else 1.0
    smear = scanner.row_overlap
    spread = np.zeros((scanner.views, bins))
    response = _response(room, scanner)
    for row, z in enumerate(rows_z_mm):
        paths = []
        for g in grains:
            # A box as wide as the rows' distance, smeared by another: together they cover all once.
            away = (1.0 + smear) / 2.0 * pitch - np.abs(g.at_mm[:, 2] - z)
            weight = np.clip(away / (smear * pitch), 0.0, min(1.0, 1.0 / smear))
            hit = weight > 0.0
            spread[:] = 0.0
            if hit.any():
                share = weight[hit] * g.volume_mm3 / (pitch * scanner.bin_mm)
                _project(g.at_mm[hit, :2] - middle, share, cos_sin, scanner.bin_mm, spread)
            paths.append((METALS[g.metal], spread.copy()))
        if not any(path.any() for _, path in paths):
            continue
        hit = sum(path for _, path in paths) > 0.0
        places = (offsets[None, :] + (cos_sin.T @ middle)[:, None])[hit]
        seen = np.broadcast_to(views[:, None], hit.shape)[hit]
        lines = np.zeros(hit.shape)
        lines[hit] = _measured(
            [(mu, path[hit]) for mu, path in paths], water_mm(seen, places, row), rng
        )
        lines *= 1000.0 / _effective_water()
        filtered = np.fft.irfft(np.fft.rfft(lines, room, axis=1) * response, axis=1)[:, :bins]
        near = _fading(everything, x_mm, y_mm, reach_mm, z, pitch)
        _back_project(
            filtered.astype(np.float32), cos_sin, scanner.bin_mm,
            (x_mm - middle[0]).astype(np.float32), (y_mm - middle[1]).astype(np.float32),
            near, out[row],
        )  # fmt: skip
    return out


def _effective_water() -> float:
    return float(_SHARE @ _WATER)


def _measured(paths, water, rng) -> np.ndarray:
    """Return what metal adds to line integrals after water correction, starved rays with noise."""
    through, without = np.zeros((2, len(water)))
    for energy, share in enumerate(_SHARE):
        body = share * np.exp(-_WATER[energy] * water)
        # Metal takes the place of water.
        more = sum((mu[energy] - _WATER[energy]) * path for mu, path in paths)
        through += body * np.exp(-more)
        without += body
    floor = np.exp(-_DARKEST)
    integral, plain = -np.log(through + floor), -np.log(without + floor)
    noise = np.sqrt(np.maximum(np.exp(integral) - np.exp(plain), 0.0) / _PHOTONS)
    return integral - plain + rng.normal(0.0, 1.0, len(noise)) * np.minimum(noise, 0.1)


def _response(room: int, scanner: Scanner) -> np.ndarray:
    """Return ramp times kernel, for parallel views over half a turn and so many samples."""
    frequency = np.fft.rfftfreq(room, scanner.bin_mm)
    share = np.clip(frequency / scanner.cutoff_per_mm, 0.0, 1.0)
    kernel = np.cos(share * np.pi / 2.0) ** 2 * (1.0 + scanner.edge * np.sin(np.pi * share) ** 2)
    # The ramp of sampled space rather than |f|: right at zero frequency (Kak, Slaney 1988).
    n = np.minimum(np.arange(room), room - np.arange(room))
    ramp = np.where(n % 2 == 1, -1.0 / (np.pi * np.maximum(n, 1) * scanner.bin_mm) ** 2, 0.0)
    ramp[0] = 1.0 / (4.0 * scanner.bin_mm**2)
    return np.fft.rfft(ramp).real * scanner.bin_mm * kernel * np.pi / scanner.views


def _fading(at_mm, x_mm, y_mm, reach_mm, z, pitch) -> np.ndarray:
    """Return how much of the streaks is kept at each pixel of a row: 1 near metal, 0 far away."""
    own = at_mm[np.abs(at_mm[:, 2] - z) < 2.0 * pitch][:: max(1, len(at_mm) // 20000)]
    if len(own) == 0:
        return np.zeros((len(y_mm), len(x_mm)), dtype=np.float32)
    low, high = own[:, :2].min(axis=0), own[:, :2].max(axis=0)
    dx = np.maximum(np.maximum(low[0] - x_mm, x_mm - high[0]), 0.0)
    dy = np.maximum(np.maximum(low[1] - y_mm, y_mm - high[1]), 0.0)
    away = np.hypot(dx[None, :], dy[:, None])
    return np.clip((reach_mm - away) / 15.0, 0.0, 1.0).astype(np.float32)


@numba.njit(cache=True)
def _project(at_mm, weight, cos_sin, bin_mm, out):
    views, bins = out.shape
    for v in range(views):
        c, s = cos_sin[0, v], cos_sin[1, v]
        for n in range(at_mm.shape[0]):
            t = (at_mm[n, 0] * c + at_mm[n, 1] * s) / bin_mm + bins // 2
            low = int(np.floor(t))
            if 0 <= low < bins - 1:
                out[v, low] += weight[n] * (low + 1 - t)
                out[v, low + 1] += weight[n] * (t - low)


@numba.njit(cache=True, fastmath=True)
def _back_project(filtered, cos_sin, bin_mm, x_mm, y_mm, near, out):
    views, bins = filtered.shape
    first, last = np.zeros(y_mm.size, np.int64), np.zeros(y_mm.size, np.int64)
    for j in range(y_mm.size):
        own = np.flatnonzero(near[j] > 0.0)
        if own.size:
            first[j], last[j] = own[0], own[-1] + 1
    for v in range(views):
        line = filtered[v]
        step = np.float32(cos_sin[0, v] / bin_mm)
        for j in range(y_mm.size):
            start = np.float32((y_mm[j] * cos_sin[1, v]) / bin_mm + bins // 2)
            for i in range(first[j], last[j]):
                t = start + x_mm[i] * step
                low = int(t)  # the line is longer than any pixel near metal is away
                part = t - np.float32(low)
                out[j, i] += line[low] * (np.float32(1.0) - part) + line[low + 1] * part
    for j in range(y_mm.size):
        for i in range(x_mm.size):
            out[j, i] *= near[j, i]
