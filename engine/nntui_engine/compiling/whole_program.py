"""Compile every entry kernel as one program.

By itself Numba optimises each kernel with everything it calls, and emits machine code for it, again at every level of
calls: for a deep tree of small kernels that is most of a cold start. Here a kernel that only other kernels call is
linked into its callers as it is, and optimised and emitted once, with the entry kernel it ends up in.

This reaches into Numba, and is therefore used only in the process that compiles ahead (``warmup.py``), whose result is
the cache. Where Numba has changed, nothing is patched: compiling then takes longer, and gives the same kernels.
"""

import inspect
from typing import Any

import numba
import numba.core.codegen
import numba.core.cpu
import numba.core.targetconfig

from ..kernels.policy import inner_kernels

# What is replaced or called, by the object of ``numba`` that it hangs on
HOOKS = {
    "core.codegen.CPUCodeLibrary": (
        *("finalize", "_get_module_for_linking", "_finalize_dynamic_globals", "_raise_if_finalized"),
        *("_linking_libraries", "_reload_init", "_final_module", "_finalized"),
    ),
    "core.cpu.CPUContext": ("get_executable",),
    "_dynfunc": ("make_function",),
    "core.targetconfig.TargetConfig": ("_values",),
}
_SET_IN_INIT = ("_linking_libraries", "_reload_init", "_final_module", "_finalized", "_values")


def missing_hooks() -> list[str]:
    """What this module needs of Numba and does not find there."""
    missing = []
    for place, names in HOOKS.items():
        owner: Any = numba
        for part in place.split("."):
            owner = getattr(owner, part, None)
        source = inspect.getsource(owner) if inspect.isclass(owner) else ""
        bases = [inspect.getsource(base) for base in getattr(owner, "__mro__", ())[1:-1]]
        for name in names:
            set_in_init = name in _SET_IN_INIT and any(f".{name}" in text for text in (source, *bases))
            if owner is None or not (hasattr(owner, name) or set_in_init):
                missing.append(f"numba.{place}.{name}")
    return missing


def enable() -> bool:
    """From now on compile as one program; whether Numba is as expected."""
    if missing_hooks():
        return False
    CPUCodeLibrary: Any = numba.core.codegen.CPUCodeLibrary  # noqa: N806  # their names
    CPUContext: Any = numba.core.cpu.CPUContext  # noqa: N806
    make_function: Any = numba._dynfunc.make_function  # type: ignore[attr-defined]
    finalize, get_executable = CPUCodeLibrary.finalize, CPUContext.get_executable

    def link_only(library: Any) -> None:
        if library.name not in inner_kernels:
            finalize(library)
            return
        library._raise_if_finalized()
        for part in dict.fromkeys(library._linking_libraries):
            library._reload_init.update(part._reload_init)
            library._final_module.link_in(part._get_module_for_linking(), preserve=True)
        library._finalize_dynamic_globals()
        library._finalized = True

    def no_code_of_its_own(context: Any, library: Any, description: Any, environment: Any) -> Any:
        if library.name not in inner_kernels:
            return get_executable(context, library, description, environment)
        name = description.qualname.split(".")[-1]
        nowhere = 1  # never called: only compiled code calls an inner kernel
        return make_function(description.lookup_module(), name, "", nowhere, environment, (library,))

    # Flags are compared at every call that is typed, option by option; those that are set say as much
    flags: Any = numba.core.targetconfig.TargetConfig
    flags.__hash__ = lambda one: len(one._values)
    flags.__eq__ = lambda one, other: one is other or (isinstance(other, flags) and one._values == other._values)
    CPUCodeLibrary.finalize = link_only
    CPUContext.get_executable = no_code_of_its_own
    return True
