"""What the sample patient's solids look like in a CT, in painting order; paints nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planning.sample.geometry import SamplePelvis
from planning.sample.shapes import Ellipsoid, Shape, Tube, Without

FAT_HU = -102.0
MUSCLE_HU = 56.0
GAS_HU = -960.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one tissue looks.

    Parameters
    ----------
    hu, grain_hu : float
        Mean of the inside, and the standard deviation of its own texture.
    rim_mm, rim_hu : float
        Thickness and density of a cortex or wall; none at thickness 0.
    streak_hu : float
        How much darker the streaks of fat between a muscle's bundles are.
    gas_above_mm : float or None
        In a gut: contents farther behind its axis than this are gas, since the patient lies prone.
    """

    hu: float
    grain_hu: float = 0.0
    rim_mm: float = 0.0
    rim_hu: float = 0.0
    streak_hu: float = 0.0
    gas_above_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Organ:
    """One solid with its label value (0 if no mask lists it) and its look.

    Parameters
    ----------
    gut : Tube or None
        The axis that tells where gas gathers.
    within : int
        If not 0, the solid only renames voxels of that label and leaves their look alone.
    smooth : bool
        Whether every other column and row is enough to know it by: saves time on big solids.
    relabel : bool
        False for what only changes the look of an organ that is already there.
    """

    shape: Shape
    look: Look
    name: str = ""
    label: int = 0
    gut: Tube | None = None
    within: int = 0
    relabel: bool = True
    smooth: bool = False


_MUSCLE = Look(hu=MUSCLE_HU, grain_hu=9.0, rim_mm=0.8, rim_hu=-55.0)
_STREAKS = {"gluteus_max": 75.0, "gluteus_med": 30.0, "autochthon_": 45.0}
_BLOOD = Look(hu=44.0)
_SHELL_MM = 1.3
_HIP = Look(hu=185.0, grain_hu=62.0, rim_mm=1.7, rim_hu=960.0)
_FEMUR = Look(hu=215.0, grain_hu=60.0, rim_mm=1.6, rim_hu=1020.0)
_SPINE = Look(hu=165.0, grain_hu=55.0, rim_mm=1.1, rim_hu=760.0)

LABELS = {
    "colon": 20, "small_bowel": 18, "urinary_bladder": 21, "sacrum": 25, "vertebrae_S1": 26,
    "vertebrae_L5": 27, "vertebrae_L4": 28, "aorta": 52, "inferior_vena_cava": 63,
    "iliac_artery_left": 65, "iliac_artery_right": 66, "iliac_vena_left": 67,
    "iliac_vena_right": 68, "femur_left": 75, "femur_right": 76, "hip_left": 77, "hip_right": 78,
    "spinal_cord": 79, "gluteus_maximus_left": 80, "gluteus_maximus_right": 81,
    "gluteus_medius_left": 82, "gluteus_medius_right": 83, "gluteus_minimus_left": 84,
    "gluteus_minimus_right": 85, "autochthon_left": 86, "autochthon_right": 87,
    "iliopsoas_left": 88, "iliopsoas_right": 89,
}  # fmt: skip
"""Values in the anatomy mask: those of TotalSegmentator's task "total"."""


_BIG = ("glut", "auto", "iliop", "hip", "sacrum", "vert", "colon", "small", "femur", "urinary")


def organs(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    """Return everything inside the skin and fat; what comes later lies on top."""
    return (
        *_soft_wall(pelvis),
        *_muscles(pelvis),
        *_guts(pelvis),
        *_skeleton(pelvis),
        *_lesion(pelvis),
        *_conduits(pelvis),
    )


def _organ(name: str, shape: Shape, look: Look, gut: Tube | None = None) -> Organ:
    smooth = name.startswith(_BIG)
    return Organ(shape=shape, look=look, name=name, label=LABELS[name], gut=gut, smooth=smooth)


def _soft_wall(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    return tuple(Organ(shape=muscle, look=_MUSCLE, smooth=True) for muscle in pelvis.muscles.others)


def _muscles(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    m = pelvis.muscles
    return tuple(
        _organ(name, getattr(m, name), replace(_MUSCLE, streak_hu=_STREAKS.get(name[:11], 0.0)))
        for name in LABELS
        if name.startswith(("gluteus", "autochthon", "iliopsoas"))
    )


def _guts(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    v = pelvis.viscera
    wall = {"rim_mm": 2.2, "rim_hu": 46.0}
    stool = Look(hu=-55.0, grain_hu=115.0, **wall)
    thin_stool = Look(hu=10.0, grain_hu=75.0, **wall)
    loops = [Look(hu=20.0, gas_above_mm=g, **wall) for g in (99, 5, 99, 99, 7, 99, 4, 99, 99)]
    return (
        Organ(shape=v.womb, look=Look(hu=58.0, grain_hu=7.0, rim_mm=11.0, rim_hu=66.0)),
        Organ(shape=v.ovary, look=Look(hu=34.0, grain_hu=8.0)),
        *(_organ("small_bowel", t, k, t) for t, k in zip(v.small_bowel, loops, strict=True)),
        _organ("colon", v.caecum, stool, v.caecum),
        _organ("colon", v.descending, replace(thin_stool, gas_above_mm=-2.0), v.descending),
        _organ("colon", v.sigmoid, replace(thin_stool, gas_above_mm=2.0), v.sigmoid),
        _organ("colon", v.rectum, replace(thin_stool, gas_above_mm=5.0), v.rectum),
        _organ("urinary_bladder", v.bladder, Look(hu=6.0, rim_mm=3.0, rim_hu=36.0)),
    )


def _skeleton(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    b = pelvis.bones
    return (
        Organ(shape=b.joint_capsules, look=Look(hu=72.0, grain_hu=6.0)),
        Organ(shape=b.discs, look=Look(hu=88.0, grain_hu=8.0)),
        Organ(shape=b.foramina, look=Look(hu=-80.0)),
        _organ("spinal_cord", b.canal, Look(hu=22.0, grain_hu=8.0, rim_mm=1.8, rim_hu=-60.0)),
        _organ("vertebrae_L4", b.vertebra_l4, _SPINE),
        _organ("vertebrae_L5", b.vertebra_l5, _SPINE),
        _organ("sacrum", b.sacrum, _SPINE),
        Organ(
            shape=b.first_sacral_region,
            look=_SPINE,
            name="vertebrae_S1",
            label=LABELS["vertebrae_S1"],
            within=LABELS["sacrum"],
        ),
        _organ("femur_left", b.femur_left, _FEMUR),
        _organ("femur_right", b.femur_right, _FEMUR),
        Organ(shape=b.shafts, look=Look(hu=1240.0, grain_hu=30.0), relabel=False),
        Organ(shape=b.shaft_marrow, look=Look(hu=-35.0, grain_hu=25.0), relabel=False),
        _organ("hip_left", b.hip_left, _HIP),
        _organ("hip_right", b.hip_right, _HIP),
    )


def _lesion(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    lesion = pelvis.lesion
    grain = {1: 10.0, 2: 75.0, 3: 8.0}
    shell = Without(_grown(lesion.body, _SHELL_MM), (lesion.breach,))
    return (
        _organ("hip_right", shell, Look(hu=640.0, grain_hu=60.0)),
        _organ("hip_right", lesion.body, Look(hu=62.0)),
        Organ(shape=lesion.outgrowth, look=Look(hu=62.0)),
        *(Organ(shape=h.shape, look=Look(hu=h.mean_hu, grain_hu=grain[h.value]), relabel=False)
          for h in lesion.habitats),
        Organ(shape=lesion.necrosis, look=Look(hu=lesion.necrosis_hu, grain_hu=6.0), relabel=False),
    )  # fmt: skip


def _grown(solid: Ellipsoid, by_mm: float) -> Ellipsoid:
    x, y, z = solid.radii_mm
    return replace(solid, radii_mm=(x + by_mm, y + by_mm, z + by_mm))


def _conduits(pelvis: SamplePelvis) -> tuple[Organ, ...]:
    c = pelvis.conduits
    nerve = Look(hu=24.0, grain_hu=9.0)
    vessels = {
        "inferior_vena_cava": c.vena_cava,
        "iliac_vena_left": c.vein_left,
        "iliac_vena_right": c.vein_right,
        "aorta": c.aorta,
        "iliac_artery_left": c.artery_left,
        "iliac_artery_right": c.artery_right,
    }
    return (
        Organ(shape=c.roots, look=nerve),
        Organ(shape=c.sciatic_left, look=nerve),
        Organ(shape=c.sciatic_right, look=nerve),
        Organ(shape=c.gluteal_left, look=_BLOOD),
        Organ(shape=c.gluteal_right, look=_BLOOD),
        *(_organ(name, shape, _BLOOD) for name, shape in vessels.items()),
        Organ(shape=c.calcified, look=Look(hu=620.0)),
    )
