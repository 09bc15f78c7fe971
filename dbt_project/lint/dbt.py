"""What sqlfluff's quick templater puts in place of dbt's own macros: SQL of the same shape, never run.

Belongs here: the ``dbt`` namespace that models and macros call.
Does not belong here: anything that a build uses; dbt renders the real macros.
"""

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    """Return a macro that renders as a call of its own name, or as the type that it names."""
    if name.startswith("__"):
        raise AttributeError(name)

    def render(*arguments: object) -> str:
        if name.startswith("type_"):
            return name.removeprefix("type_")
        if name == "generate_series":
            return "select 1 as generated_number"
        if name == "listagg":
            return f"string_agg({arguments[0]}, {arguments[1]} {arguments[2]})"
        return f"{name}({', '.join(str(argument) for argument in arguments)})"

    return render
