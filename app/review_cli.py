"""The arguments of `trephine review`; asks nothing, computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import AsJson, CasePath, Force, needle_state_of, point
from planning.model.execution import NeedleState


def review(
    case: CasePath,
    plan: Annotated[Path, typer.Option("--plan", metavar="PLAN", help="The plan.json.")],
    control: Annotated[
        Path, typer.Option("--control", metavar="CT", help="The control CT, a folder or a file.")
    ],
    needle_state: Annotated[
        list[str] | None,
        typer.Option(
            "--needle-state",
            metavar="STATE",
            help="How the control CT shows the needles: introducer or cocked (at the stop), fired "
            "or core-taken (at the tip), removed; CORE=STATE for one core. Asked for at a "
            "terminal; where nobody says it, the review stays unconfirmed.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where the results go.")
    ] = None,
    core: Annotated[
        list[str] | None,
        typer.Option("--core", metavar="ID", help="A core that was executed; default: the set."),
    ] = None,
    entry: Annotated[
        str,
        typer.Option("--entry", metavar="X,Y,Z", help="Hub side of the needle, control LPS mm."),
    ] = "",
    tip: Annotated[
        str, typer.Option("--tip", metavar="X,Y,Z", help="Tip of the needle, control LPS mm.")
    ] = "",
    transform: Annotated[
        Path | None,
        typer.Option("--transform", metavar="FILE", help="Rigid, planning CT to control CT."),
    ] = None,
    series: Annotated[
        str, typer.Option("--series", metavar="UID", help="Series of the control CT's folder.")
    ] = "",
    pseudonym: Annotated[
        str, typer.Option("--pseudonym", help="Stands on the page in the patient's place.")
    ] = "",
    *,
    as_given: Annotated[
        bool, typer.Option("--as-given", help="Entry and tip are exact: look for no metal.")
    ] = False,
    same_frame: Annotated[
        bool, typer.Option("--same-frame", help="The patient did not move: register nothing.")
    ] = False,
    accept_registration: Annotated[
        bool,
        typer.Option(
            "--accept-registration",
            help="Accept what registration finds. Asked for at a terminal; where nobody accepts "
            "it, the review stays unconfirmed.",
        ),
    ] = False,
    other_patient_confirmed: Annotated[
        bool,
        typer.Option("--other-patient-confirmed", help="It is one patient, whatever scans say."),
    ] = False,
    few_slices_confirmed: Annotated[
        bool, typer.Option("--few-slices-confirmed", help="Go on with a sparse control CT.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure from a control CT how far needles are from the plan, and what they sampled."""
    if out is None and not as_json:
        raise typer.BadParameter("say where the review is written: -o DIR", param_hint="-o")
    if bool(entry) != bool(tip):
        raise typer.BadParameter("give both --entry and --tip, or none of them")
    if same_frame and transform is not None:
        raise typer.BadParameter("give --same-frame or --transform, not both")
    points = (point(entry, "--entry"), point(tip, "--tip")) if entry else None
    general, by_core = _states(needle_state or [])
    from app.review_asking import Confirm, ReviewOrder
    from app.review_command import run_review

    answers = {
        Confirm.REGISTRATION: accept_registration,
        Confirm.OTHER_PATIENT: other_patient_confirmed,
        Confirm.FEW_SLICES: few_slices_confirmed,
    }
    run_review(
        ReviewOrder(
            case=case,
            plan=plan,
            control=control,
            out=out,
            state=general,
            states=by_core,
            cores=tuple(core or ()),
            series_uid=series,
            points_lps_mm=points,
            as_given=as_given,
            transform=transform,
            same_frame=same_frame,
            confirmed=frozenset(what for what, given in answers.items() if given),
            pseudonym=pseudonym,
            force=force,
            as_json=as_json,
        )
    )


def _states(texts: list[str]) -> tuple[NeedleState | None, dict[str, NeedleState]]:
    """Return the state of all needles, and of single cores; None for all where nobody says."""
    by_core: dict[str, NeedleState] = {}
    general = NeedleState.REMOVED if texts else None
    for text in texts:
        core, _, word = text.rpartition("=")
        if core:
            by_core[core.strip()] = needle_state_of(word)
        else:
            general = needle_state_of(word)
    return general, by_core
