"""The volume family: NIfTI, NRRD, MetaImage and Slicer's segmentations; judges nothing."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from planning.errors import TrephineError
from planning.imaging.volume_files import (
    LabelMap,
    read_label_map,
    read_volume,
    write_label_map,
    write_volume,
)
from planning.records.file_masks import mask_file, placed_regions
from planning.records.mask_sources import open_source
from tests.fuzzing.dicom_targets import planning_ct
from tests.fuzzing.mutators import (
    PART,
    Mutator,
    after_first_byte,
    header_lines_mutated,
    nifti_mutated,
    parts_mutated,
    unpacked,
)
from tests.fuzzing.target import Target

_NAMES = {
    "nifti": ("a.nii", "a.nii.gz"),
    "nrrd": ("a.nrrd", "a.nhdr", "a.seg.nrrd"),
    "metaimage": ("a.mha", "a.mhd"),
}
"""By what an input's first byte chooses."""


def _reader(kind: str):
    names = _NAMES[kind]

    def read(data: bytes, folder: Path) -> None:
        path = folder / names[(data[0] if data else 0) % len(names)]
        head, _, beside = data[1:].partition(PART)
        path.write_bytes(head)
        (folder / "a.raw").write_bytes(beside)
        try:
            found = mask_file(path)
            if found is not None:
                placed_regions(found, found.regions, planning_ct())
        finally:
            _every_way(path)

    return read


def _every_way(path: Path) -> None:
    for one in (read_volume, read_label_map, open_source):
        with suppress(TrephineError):
            one(path)


def _seeds(kind: str):
    def seeds(folder: Path) -> tuple[bytes, ...]:
        ct = planning_ct()
        inside = np.zeros(ct.grid.shape_kji, dtype=np.uint8)
        inside[1:3, 2:6, 3:8] = 1
        inside[2, 7:9, 3:8] = 5
        found = []
        for number, name in enumerate(_NAMES[kind]):
            write_label_map(LabelMap(grid=ct.grid, labels=inside.copy()), folder / name)
            write_volume(ct, folder / f"v{name}")
            for path in (folder / name, folder / f"v{name}"):
                beside = [p for p in folder.iterdir() if p.suffix in (".raw", ".zraw", ".gz")]
                head = path.read_bytes()
                joined = head
                if name.endswith(("hdr", "mhd")):
                    raw = next(p for p in beside if p.name.startswith(f"{path.stem}."))
                    head = head.replace(raw.name.encode(), b"a.raw")
                    joined = head + PART + raw.read_bytes()
                found.append(bytes((number,)) + joined)
        return (*found, *(_slicer_seeds(folder) if kind == "nrrd" else _plain(kind, folder)))

    return seeds


def _plain(kind: str, folder: Path) -> tuple[bytes, ...]:
    """An uncompressed file, and one of four dimensions."""
    ct = planning_ct()
    image = sitk.GetImageFromArray(ct.values)
    path = folder / f"plain{_NAMES[kind][0][1:]}"
    sitk.WriteImage(image, str(path))
    deep = folder / f"deep{_NAMES[kind][0][1:]}"
    sitk.WriteImage(sitk.JoinSeries([image]), str(deep))
    return b"\0" + path.read_bytes(), b"\0" + deep.read_bytes()


def _slicer_seeds(folder: Path) -> tuple[bytes, ...]:
    ct = planning_ct()
    layers = np.zeros((*ct.grid.shape_kji, 2), dtype=np.uint8)
    layers[1:3, 2:6, 3:8, 0] = 1
    layers[2, 4:9, 3:8, 1] = 2
    found = []
    for data, is_vector in ((layers, True), (layers[..., 0], False)):
        image = sitk.GetImageFromArray(data, isVector=is_vector)
        for number in range(2):
            about = f"Segment{number}_"
            image.SetMetaData(f"{about}ID", f"Segment_{number}")
            image.SetMetaData(f"{about}Name", f"part {number}")
            image.SetMetaData(f"{about}LabelValue", str(number + 1))
            image.SetMetaData(f"{about}Layer", str(number if is_vector else 0))
        sitk.WriteImage(image, str(folder / "s.seg.nrrd"))
        found.append(b"\2" + (folder / "s.seg.nrrd").read_bytes())
    plain = folder / "plain.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(ct.values), str(plain))
    return (*found, b"\0" + plain.read_bytes())


def _files(inner: Mutator) -> Mutator:
    return after_first_byte(parts_mutated(inner))


TARGETS = (
    Target(
        name="nifti",
        family="volumes",
        read=_reader("nifti"),
        seeds=_seeds("nifti"),
        mutate=after_first_byte(unpacked(nifti_mutated)),
    ),
    Target(
        name="nrrd",
        family="volumes",
        read=_reader("nrrd"),
        seeds=_seeds("nrrd"),
        mutate=_files(header_lines_mutated),
    ),
    Target(
        name="metaimage",
        family="volumes",
        read=_reader("metaimage"),
        seeds=_seeds("metaimage"),
        mutate=_files(header_lines_mutated),
    ),
)
