"""Role, margin, name, check and trust of the current structure; edits no mask, draws nothing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.language import mark, tr
from app.planning_setup import judged_with
from app.presenters.numbers import spoken
from app.presenters.structure_changes import exchanged, structure_of
from app.session import Session
from app.views.structure_list import StructureList
from app.views.structure_properties import StructurePropertiesPanel
from app.views.structure_values import StructureProperties
from app.views.values import Choice
from planning.errors import TrephineError
from planning.model.case import AT_RISK, Case, Role, Structure

ROLE_WORDS: dict[Role, str] = {
    Role.TUMOUR: mark("Tumour"),
    Role.NECROSIS: mark("Necrosis"),
    Role.VIABLE: mark("Viable tumour"),
    Role.HABITAT: mark("Habitat"),
    Role.REACTIVE: mark("Reactive zone"),
    Role.FLUID: mark("Fluid"),
    Role.COLLECTION: mark("Collection"),
    Role.BONE: mark("Bone"),
    Role.VESSEL: mark("Vessel: keep clear"),
    Role.NERVE: mark("Nerve: keep clear"),
    Role.JOINT: mark("Joint: keep clear"),
    Role.ORGAN: mark("Organ: keep clear"),
    Role.LUNG: mark("Lung: keep clear"),
    Role.PLEURA: mark("Pleura: keep clear"),
    Role.CANAL: mark("Spinal canal: keep clear"),
    Role.MUSCLE: mark("Muscle"),
    Role.FORBIDDEN: mark("Forbidden: not to be crossed"),
    Role.CORRIDOR: mark("Corridor: not to be left"),
    Role.NO_ENTRY: mark("No entry through this skin"),
    Role.IGNORE: mark("Not used by planning"),
}


class StructurePropertiesPresenter(QObject):
    """Shows what the current structure is and changes it, each change a step to undo."""

    def __init__(
        self,
        session: Session,
        structure_list: StructureList,
        panel: StructurePropertiesPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._key = ""
        panel.set_roles(tuple(Choice(role.value, tr(words)) for role, words in ROLE_WORDS.items()))
        structure_list.current_changed.connect(self.choose)
        session.case_changed.connect(self._follow_case)
        session.anatomy_changed.connect(lambda _: self.refresh())
        panel.name_given.connect(self.rename)
        panel.role_chosen.connect(self.choose_role)
        panel.margin_given.connect(self.give_margin)
        panel.verified_given.connect(self.verify)
        panel.exclusion_given.connect(self.exclude)
        self.refresh()

    def choose(self, key: str) -> None:
        """Show the structure of this line of the list."""
        self._key = key
        self.refresh()

    def rename(self, name: str) -> None:
        """Call the structure otherwise; names occur once in a case, and none is empty."""
        case, structure = self._current()
        if case is None or structure is None:
            return
        if not name or any(s.name == name for s in case.structures if s is not structure):
            self.refresh()
            taken = tr("Another structure is called {name}.", name=name)
            self._panel.show_margin_problem(taken if name else tr("A structure needs a name."))
            return
        text = tr("Rename {name}", name=spoken(structure.name))
        self._change(text, structure, replace(structure, name=name))

    def choose_role(self, role: str) -> None:
        """Give the structure another meaning; only habitats can be marked to be sampled."""
        _, structure = self._current()
        if structure is None or structure.role.value == role:
            return
        new = replace(structure, role=Role(role))
        if new.role is not Role.HABITAT:
            new = replace(new, must_sample=False)
        if new.role not in AT_RISK:
            new = replace(new, margin_mm=None, reason="")
        text = tr("Role of {name}", name=spoken(structure.name))
        self._change(text, structure, new)

    def give_margin(self, margin_mm: float | None, reason: str) -> None:
        """Demand another margin; under the protocol's floor only with a reason."""
        from planning.anatomy.risks import margin_of

        case, structure = self._current()
        if case is None or structure is None:
            return
        wanted = replace(structure, margin_mm=margin_mm, reason=reason)
        setup = judged_with(case)
        try:
            margin_of(wanted, setup.protocol, setup.guidance)
        except TrephineError as error:
            self._panel.show_margin_problem(tr_core(str(error)))
            return
        if (structure.margin_mm, structure.reason) == (margin_mm, reason):
            return
        if structure.margin_mm is None and margin_mm is None:
            return  # a reason in advance: it counts as soon as there is a margin to give it for
        text = tr("Margin of {name}", name=spoken(structure.name))
        self._change(text, structure, wanted)

    def verify(self, checker: str) -> None:
        """Note who has checked the mask, which also settles that it is where the patient is."""
        _, structure = self._current()
        if structure is None:
            return
        name = spoken(structure.name)
        new = replace(structure, verified_by=checker)
        if checker:
            new = replace(new, stale_because="")
        text = (
            tr("Check {name}", name=name) if checker else tr("Take back check of {name}", name=name)
        )
        self._change(text, structure, new)

    def exclude(self, reason: str) -> None:
        """Plan without the mask, for a reason that the plan carries; empty uses it again."""
        _, structure = self._current()
        if structure is None:
            return
        name = spoken(structure.name)
        text = tr("Exclude {name}", name=name) if reason else tr("Use {name} again", name=name)
        self._change(text, structure, replace(structure, excluded_because=reason))

    def refresh(self) -> None:
        """Show the current structure as it is now."""
        case, structure = self._current()
        if case is None:
            self._panel.set_properties(None, tr("Open a case first."))
        elif structure is not None:
            self._panel.set_properties(_properties(case, structure, fixed_because=""))
        elif (derived := self._derived()) is not None:
            words = tr("This structure is derived: duplicate it to change the copy.")
            self._panel.set_properties(_properties(case, derived, fixed_because=words))
        else:
            self._panel.set_properties(None, tr("Select a structure that has a mask."))

    def _follow_case(self, new: Case | None, old: Case | None) -> None:
        if new is None or old is None or _demands(new) != _demands(old):
            self.refresh()

    def _current(self) -> tuple[Case | None, Structure | None]:
        case = self._session.case
        return case, (structure_of(case, self._key) if case is not None else None)

    def _derived(self) -> Structure | None:
        anatomy = self._session.anatomy
        found = () if anatomy is None else anatomy.derived
        return next((s for s, _ in found if s.mask_id == self._key), None)

    def _change(self, text: str, old: Structure, new: Structure) -> None:
        case = self._session.case
        if case is not None and new != old:
            self._session.apply(text, exchanged(case, old, new))


def _demands(case: Case) -> tuple[object, ...]:
    """Return what decides about the margins of a case."""
    return case.structures, case.guidance, case.protocol_key, case.needle_key


def _properties(case: Case, structure: Structure, *, fixed_because: str) -> StructureProperties:
    usual, floor = _margins(case, structure)
    return StructureProperties(
        key=structure.mask_id,
        name=structure.name,
        role=structure.role.value,
        fixed_because=fixed_because,
        margin_mm=structure.margin_mm,
        usual_margin_mm=usual,
        floor_mm=floor,
        reason=structure.reason,
        origin=_origin(structure),
        verified_by=structure.verified_by,
        excluded_because=tr_core(structure.excluded_because),
        stale_because=tr_core(structure.stale_because),
    )


def _margins(case: Case, structure: Structure) -> tuple[float | None, float | None]:
    """Return the protocol's margin and its floor; None where there is none."""
    from planning.anatomy.risks import margin_of

    if structure.role not in AT_RISK:
        return None, None
    try:
        setup = judged_with(case)
    except TrephineError:
        return None, None  # the form says what is wrong with needle or protocol
    usual = margin_of(replace(structure, margin_mm=None), setup.protocol, setup.guidance)
    constraint = setup.protocol.constraint(AT_RISK[structure.role])
    return usual, None if constraint is None else constraint.floor


def _origin(structure: Structure) -> str:
    maker = structure.made_by or structure.derived_from
    parts = {"maker": tr_core(maker), "date": structure.date}
    if not maker:
        made = tr("Origin not stated, {date}", **parts) if structure.date else ""
        made = made or tr("Origin not stated")
    elif structure.date:
        made = tr("Made by {maker}, {date}", **parts)
    else:
        made = tr("Made by {maker}", **parts)
    return made if structure.verified_by else tr("{made}, not checked", made=made)
