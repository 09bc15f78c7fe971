"""All checks by their id.

What belongs here: the list. What does not: the checks themselves.
"""

from collections.abc import Callable

from tests.reference import care_checks, claim_checks
from tests.reference.case import Case

CHECKS: dict[str, Callable[[Case], str]] = {
    check.__name__: check
    for check in (
        care_checks.consent_on_file,
        care_checks.initiating_visit,
        care_checks.eligible_diagnosis,
        claim_checks.coverage_in_force,
        claim_checks.code_covered,
        claim_checks.billing_practitioner,
        care_checks.validated_scale,
        care_checks.psychiatric_review,
        claim_checks.no_exclusive_code,
        claim_checks.not_already_billed,
        claim_checks.apcm_base,
        claim_checks.prior_authorization,
        claim_checks.unit_limit,
        care_checks.timely_documentation,
        claim_checks.single_payer_month,
        claim_checks.age_limit,
        claim_checks.timely_filing,
    )
}
