"""The banner says who is planned and how they lie, in words that cannot be misread."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

from app.presenters.banner import BannerPresenter, banner_text
from app.session import Session
from app.views.patient_banner import PatientBanner
from planning.image import CaseImages
from planning.model.case import Case, SecondImage
from planning.model.plan import PlanResult


def test_the_banner_says_who_and_how(case: Case, images: CaseImages) -> None:
    text = banner_text(case, images.ct)
    assert (text.name, text.patient_id, text.sex, text.age) == ("DOE, JANE", "0001", "F", "51 y")
    assert text.series == "CT 2026-11-23 series 4 Becken"
    assert text.spacing == "2.00 x 2.00 x 3.00 mm"
    assert (text.scanned_position, text.biopsy_position) == ("supine", "prone")
    assert text.position_differs
    assert text.viability == "viability: no necrosis mask"


def test_the_banner_names_the_image_viability_comes_from(case: Case, images: CaseImages) -> None:
    pet = SecondImage(kind="pet", path="pet", date="2026-11-20")
    by_pet = replace(case, viability_source="pet", viability_image="pet", second_images=(pet,))
    text = banner_text(by_pet, images.ct)
    assert text.viability == "viability from PET of 2026-11-20, 3 days before the CT"
    nothing = replace(case, viability_source="none")
    assert banner_text(nothing, images.ct).viability == "viability not known"


def test_what_is_not_known_is_not_invented(case: Case, images: CaseImages) -> None:
    unknown = replace(case, ct_position=None, patient_position=None, structures=())
    text = banner_text(unknown, images.ct)
    assert (text.scanned_position, text.biopsy_position) == ("unknown", "unknown")
    assert not text.position_differs
    assert text.viability == ""


def test_the_banner_follows_the_plan(
    qapp: object, case: Case, images: CaseImages, plan: PlanResult
) -> None:
    session, banner = Session(), Mock(spec=PatientBanner)
    presenter = BannerPresenter(session, banner, session)
    assert banner.set_banner.call_args.args[0].name == ""
    session.open(case, images)
    session.apply("Plan", replace(case, plan=plan))
    session.apply("Plan", replace(case, plan=replace(plan, candidates=())))
    states = [call.args[0].plan_state for call in banner.set_banner.call_args_list]
    assert states == ["", "Draft 1, not planned", "Draft 1", "Draft 1, no safe trajectory"]
    assert presenter.parent() is session
    (structure, measure) = banner.set_banner.call_args.args[0].not_checked
    assert str(structure) == "sacral foramina: no mask"
    assert str(measure) == "Nearest vessel: no mask of any vessel"
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert banner.set_banner.call_args.args[0].not_checked == ()
