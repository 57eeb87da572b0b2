"""An input contract as facts in words."""

from __future__ import annotations

from typing import Any


def format_contract(contract: dict[str, Any]) -> dict[str, str]:
    """Format the facts about the training samples, as strings by name."""
    shape = contract.get("shape")
    unit = {"images": "pixels", "spectra": "bands"}.get(contract["kind"], "values")
    size = f"{' × '.join(map(str, shape))} {unit}" if shape else "many sizes"
    facts = {"input": f"{contract['kind']} of {size}, {contract['dtype']}"}
    if (axis := contract.get("axis")) is not None:
        axis_unit = contract.get("unit")
        facts["axis"] = f"{axis[0]:g} to {axis[-1]:g}{f' {axis_unit}' if axis_unit else ''}"
    elif (names := contract.get("names")) is not None:
        facts["columns"] = ", ".join(names) if len(names) <= 8 else f"{names[0]} to {names[-1]}"
    if "range" in contract:
        low, high = contract["range"]
        facts["values"] = f"{low:g} to {high:g}"
    roles = {name: value for name, value in (contract.get("roles") or {}).items() if value}
    if roles:
        facts["roles"] = "; ".join(map(_format_role, roles.items()))
    read_options = {**(contract.get("reading") or {}), **(contract.get("table") or {})}
    if read_options:
        facts["read with"] = ", ".join(f"{name}={value!r}" for name, value in read_options.items())
    return facts


def _format_role(role: tuple[str, Any]) -> str:
    name, value = role
    label = {"target": "labels", "group": "groups", "index": "row names", "left_out": "left out"}
    return f"{label.get(name, name)}: {', '.join(value) if isinstance(value, list) else value}"
