"""Which column of the march's answer holds what; measures nothing.

Each risk group's clearance and then each one's slack follow `FIRST_GROUP`.
"""

from __future__ import annotations

from typing import Final

CORTEX_DEPTH: Final = 0
LESION_DEPTH: Final = 1
CORTEX_INCIDENCE: Final = 2
BEYOND_TIP: Final = 3
FORBIDDEN: Final = 4
OUTSIDE_CORRIDOR: Final = 5
OUTSIDE_BODY: Final = 6
BONE: Final = 7
LESION_LENGTH: Final = 8
VIABLE_LENGTH: Final = 9
NECROSIS_LENGTH: Final = 10
MEAN_HU: Final = 11
EFFECTIVE_HABITATS: Final = 12
RISK_INDEX: Final = 13
EXPECTED_LENGTH: Final = 14
EXPECTED_NECROSIS: Final = 15
WORST_CASE: Final = 16
FIRST_GROUP: Final = 17
