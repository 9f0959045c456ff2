"""A plan's regions as DICOM SEG, one binary segment each on the CT's own slices; writes no file.

highdicom makes the object; its frames are packed here, slice by slice, because it wants the whole
CT once for each segment in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import CTImageStorage

from planning.errors import InputError
from planning.geometry import Grid
from planning.handover.dicom_codes import OWN_SCHEME
from planning.handover.dicom_object import (
    MANUFACTURER,
    ObjectKind,
    any_name_accepted,
    coded,
    label,
    long_text,
    object_uid,
    one_of_each_file,
    references,
    series_uid,
    short_text,
)
from planning.handover.dicom_source import derived_uid
from planning.handover.regions import Making, Region, nowhere, with_unique_names
from planning.model.plan import PlanResult

_BITS = 8
_NO_FAMILY = Code("not-stated", OWN_SCHEME, "Kind of algorithm not stated")
_NOBODY = "Maker not stated"


def plan_to_seg(
    plan: PlanResult,
    slices: Sequence[Dataset],
    regions: Sequence[Region],
    grid: Grid,
    made_at: datetime,
    *,
    title: str = "Planned needles and masks",
) -> Dataset:
    """Return one SEG object with every region, numbered in their order.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.
    grid : Grid
        Of the CT; the regions' masks lie on its lattice, and what reaches beyond it is cut off.
    title : str
        What tells it from other SEG objects of the plan.

    Raises
    ------
    InputError
        If there is no region, or nothing of one lies in the CT.
    """
    if not regions:
        raise InputError("There is no region to write as DICOM SEG. Plan a needle first.")
    named = with_unique_names(regions)
    of = (title, *(f"{region.name} {region.mask.grid}" for region in named))
    with any_name_accepted():
        segmentation = _without_frames(plan, slices, named, grid, made_at, of)
    label(segmentation, plan, made_at)
    segmentation.ContentDescription = short_text(title)
    dimensions = derived_uid(str(segmentation.SOPInstanceUID), "dimensions")
    segmentation.DimensionOrganizationSequence[0].DimensionOrganizationUID = dimensions
    for index in segmentation.DimensionIndexSequence:
        index.DimensionOrganizationUID = dimensions
    _refer(segmentation, slices)
    _put_frames(segmentation, slices, named, grid)
    segmentation.SegmentsOverlap = "YES" if _overlap(named, grid) else "NO"
    return segmentation


def _without_frames(
    plan: PlanResult,
    slices: Sequence[Dataset],
    regions: Sequence[Region],
    grid: Grid,
    made_at: datetime,
    of: Sequence[str],
) -> hd.seg.Segmentation:
    """Return an object that is complete but for its frames and references."""
    columns, rows, _ = grid.size_ijk
    return hd.seg.Segmentation(
        source_images=[_as_single(slices[0])],
        pixel_array=np.zeros((1, rows, columns), dtype=np.uint16),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _described(region, number, plan) for number, region in enumerate(regions, start=1)
        ],
        series_instance_uid=series_uid(ObjectKind.SEG, plan, slices),
        series_number=ObjectKind.SEG.series_number,
        sop_instance_uid=object_uid(ObjectKind.SEG, plan, slices, made_at, *of),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=plan.software_version,
        device_serial_number="0",
        content_label="PLAN",
        omit_empty_frames=False,
    )


def _as_single(place: Dataset) -> Dataset:
    """Return a slice as if it were a file of its own, which highdicom takes for granted."""
    single = deepcopy(place)
    single.SOPClassUID = CTImageStorage
    return single


def _described(region: Region, number: int, plan: PlanResult) -> hd.seg.SegmentDescription:
    by_hand = region.making is Making.MANUAL
    # The standard has no word for "nobody said"; the maker's name says it.
    making = region.making or Making.SEMIAUTOMATIC
    tracking = region.tracking or (None, None)
    described = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=short_text(region.name),
        segmented_property_category=region.category,
        segmented_property_type=region.kind,
        algorithm_type=making.value,
        algorithm_identification=None if by_hand else _algorithm(region.maker, plan),
        tracking_uid=tracking[0],
        tracking_id=tracking[1],
        display_color=_colour(region.colour),
    )
    described.SegmentDescription = long_text(region.description)
    return described


def _algorithm(maker: str, plan: PlanResult) -> hd.AlgorithmIdentificationSequence:
    name, _, last = maker.rpartition(" ")
    versioned = bool(name) and any(sign.isdigit() for sign in last)
    own = maker == MANUFACTURER
    return hd.AlgorithmIdentificationSequence(
        name=short_text(maker or _NOBODY),
        family=_NO_FAMILY,
        version=plan.software_version if own else short_text(last if versioned else "not stated"),
    )


def _colour(colour: str) -> hd.color.CIELabColor | None:
    return hd.color.CIELabColor.from_string(colour) if colour else None


def _refer(segmentation: Dataset, slices: Sequence[Dataset]) -> None:
    """Name every slice of the CT, not only those that frames lie on (PS3.3 C.12.2)."""
    series = Dataset()
    series.SeriesInstanceUID = slices[0].SeriesInstanceUID
    series.ReferencedInstanceSequence = references(one_of_each_file(slices))
    segmentation.ReferencedSeriesSequence = [series]
    segmentation.SourceImageSequence = references(one_of_each_file(slices))


def _put_frames(
    segmentation: Dataset, slices: Sequence[Dataset], regions: Sequence[Region], grid: Grid
) -> None:
    groups, packed, rest = [], [], np.empty(0, dtype=np.uint8)
    sources = references(slices)
    for number, region in enumerate(regions, start=1):
        empty = True
        for k, frame in _frames(region, grid):
            groups.append(_frame_about(number, k, slices[k], sources[k]))
            pixels = np.concatenate([rest, frame.ravel()])
            whole = len(pixels) // _BITS * _BITS
            packed.append(np.packbits(pixels[:whole], bitorder="little").tobytes())
            rest, empty = pixels[whole:], False
        if empty:
            raise nowhere(region)
    # Frames follow each other without gaps between their bits (PS3.5 8.1.1 and annex D).
    packed.append(np.packbits(rest, bitorder="little").tobytes())
    data = b"".join(packed)
    segmentation.PixelData = data + b"\0" * (len(data) % 2)
    segmentation.NumberOfFrames = len(groups)
    segmentation.PerFrameFunctionalGroupsSequence = groups
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence[0].SpacingBetweenSlices = slices[0].SliceThickness
    if "SegmentIdentificationSequence" in shared:
        del shared.SegmentIdentificationSequence
    if "DimensionOrganizationType" in segmentation:
        del segmentation.DimensionOrganizationType


def _frames(region: Region, grid: Grid) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield slice number and pixels (rows, columns) of every slice that a region touches."""
    found = region.mask.overlap(grid)
    if found is None:
        return
    (in_slices, in_rows, in_columns), inside = found
    columns, rows, _ = grid.size_ijk
    for k, block in enumerate(inside, start=in_slices.start):
        if block.any():
            frame = np.zeros((rows, columns), dtype=np.uint8)
            frame[in_rows, in_columns] = block
            yield k, frame


def _frame_about(number: int, k: int, place: Dataset, source: Dataset) -> Dataset:
    """Return the functional groups of one frame (PS3.3 C.7.6.16 and C.8.20.3)."""
    content, position, identity = Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [number, k + 1]
    position.ImagePositionPatient = place.ImagePositionPatient
    identity.ReferencedSegmentNumber = number
    image, derivation, frame = Dataset(), Dataset(), Dataset()
    image.update(source)
    image.PurposeOfReferenceCodeSequence = [coded(codes.DCM.SourceImageForImageProcessingOperation)]
    derivation.DerivationCodeSequence = [coded(codes.DCM.Segmentation)]
    derivation.SourceImageSequence = [image]
    frame.FrameContentSequence = [content]
    frame.PlanePositionSequence = [position]
    frame.SegmentIdentificationSequence = [identity]
    frame.DerivationImageSequence = [derivation]
    return frame


def _overlap(regions: Sequence[Region], grid: Grid) -> bool:
    """Tell whether any voxel belongs to two regions."""
    taken = np.zeros(grid.shape_kji, dtype=np.bool_)
    for region in regions:
        found = region.mask.overlap(grid)
        if found is not None:
            block, inside = found
            if (taken[block] & inside).any():
                return True
            taken[block] |= inside
    return False
