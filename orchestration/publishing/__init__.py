"""Publishing: from a warehouse that passed its gates to files that readers can rely on.

What others call:

- ``generation.publish`` writes, checks and flips to a generation; ``generation.rollback`` flips back;
  ``history.current`` and ``history.generations`` say what there is.
- ``status.hold_back`` notes a night that published nothing; ``status.read_status`` says what readers have.
- ``explain.explain_entry`` and ``explain.explain_candidate`` answer "why" from the published files;
  ``explain_render.print_answer`` prints the answer.
- ``summary.summarize`` adds the night up; ``summary_render.render_summary`` shows it.
- ``sharing`` makes ids and counts of people fit for sharing.
- ``errors.PublishError`` is the one error: one line for people, without a value of a patient.

Belongs here: everything that writes below ``<home>/published`` or reads it back. Does not belong here: the
computation of any number (models), the decision whether a night is good enough (quality), and Dagster.
"""
