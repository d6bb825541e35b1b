"""Compile every entry kernel as one program.

By itself Numba optimises each kernel with everything it calls, and emits machine code for it, again at every level of
calls: for a deep tree of small kernels that is most of a cold start. Here a kernel that only other kernels call is
linked into its callers as it is, and optimised and emitted once, with the entry kernel it ends up in.

This reaches into Numba, and is therefore used only in the process that compiles ahead (``warmup.py``), whose result is
the cache. Where Numba has changed, nothing is patched: compiling then takes longer, and gives the same kernels.
"""

from typing import Any

import numba.core.codegen
import numba.core.cpu
import numba.core.targetconfig

from .kernels.policy import inner_kernels


def enable() -> bool:
    """From now on compile as one program; whether Numba is as expected."""
    CPUCodeLibrary: Any = numba.core.codegen.CPUCodeLibrary  # noqa: N806  # their names
    CPUContext: Any = numba.core.cpu.CPUContext  # noqa: N806
    make_function = getattr(getattr(numba, "_dynfunc", None), "make_function", None)
    library_parts = ("finalize", "_get_module_for_linking", "_finalize_dynamic_globals", "_raise_if_finalized")
    if make_function is None or not (
        all(hasattr(CPUCodeLibrary, part) for part in library_parts) and hasattr(CPUContext, "get_executable")
    ):
        return False
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

    flags: Any = getattr(numba.core.targetconfig, "TargetConfig", None)
    if flags is not None and hasattr(flags(), "_values"):
        # They are compared at every call that is typed, option by option; those that are set say as much
        flags.__hash__ = lambda one: len(one._values)
        flags.__eq__ = lambda one, other: one is other or (isinstance(other, flags) and one._values == other._values)
    CPUCodeLibrary.finalize = link_only
    CPUContext.get_executable = no_code_of_its_own
    return True
