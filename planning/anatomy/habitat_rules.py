"""How parts of alike tissue are found inside a tumour: numbers as values, no pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitatRules:
    """Every number the search for habitats goes by.

    Parameters
    ----------
    spacing_mm, large_spacing_mm, large_ml : float
        Spacing of the isotropic points on which features are measured; the wider one for lesions
        of `large_ml` and more.
    kernel_radius_mm : float
        Radius of the ball whose second moment the Gaussian window of local features has.
    air_hu, cortex_hu : float
        Below and above, a voxel is left out of soft-tissue statistics.
    mineral_hu : float
        Where the local mean lies above, the tissue is mineralised: a part of its own.
    entropy_bin_hu : float
        Width of the fixed bins of local entropy, counted from 0 HU.
    log_scales_mm : tuple of float
        Standard deviations of the Laplacians of Gaussian.
    noise_repeats : int
        How often noise of the image's own level is added.
    shift_voxels : float
        How far the points are shifted, both ways, in their own spacing along all axes.
    reliability_at_least : float
        Least intraclass correlation of a kept feature under each kind of perturbation.
    redundant_correlation : float
        Of two kept features that correlate more than this, the first one listed is used.
    parts_at_most : int
        Most components of the mixture.
    distance_at_least : float
        Least Bhattacharyya distance between two parts, by their features without depth.
    dice_at_least : float
        Least Dice coefficient of a kept part under each kind of perturbation.
    part_at_least_ml : float
        Connected pieces smaller than this join what surrounds them.
    seed : int
        Of the noise.
    """

    spacing_mm: float
    large_spacing_mm: float
    large_ml: float
    kernel_radius_mm: float
    air_hu: float
    cortex_hu: float
    mineral_hu: float
    entropy_bin_hu: float
    log_scales_mm: tuple[float, ...]
    noise_repeats: int
    shift_voxels: float
    reliability_at_least: float
    redundant_correlation: float
    parts_at_most: int
    distance_at_least: float
    dice_at_least: float
    part_at_least_ml: float
    seed: int
