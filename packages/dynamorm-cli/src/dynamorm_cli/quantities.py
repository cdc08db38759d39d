"""Sizes, numbers, times and money, as people read them."""

from __future__ import annotations


def size(number: float) -> str:
    """Return a *number* of bytes for people: ``612 B``, ``4.1 KB``, ``812 MB``. A kilobyte has 1,024 bytes."""
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1024
    return f"{number:,.0f} {unit}" if unit == "B" or number >= 100 else f"{number:,.1f} {unit}"


def count(number: int, noun: str) -> str:
    """Return a *number* of things with their name: ``1 item``, ``1,932 items``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def units(number: float) -> str:
    """Return a *number* of capacity units: ``52``, ``0.5``."""
    return f"{number:,.1f}".removesuffix(".0")


def percent(part: int, whole: int) -> str:
    """Return the share of a *part*: ``61 %``, ``0.3 %``, and never 0 % or 100 % for what only is close to it."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    if part < whole:
        share = min(max(share, 0.1), 99.9)
    return f"{share:.0f} %" if (share >= 10 and share == round(share)) or part == whole else f"{share:.1f} %"


def duration(seconds: float) -> str:
    """Return a time as text, in two units: ``8 min 40 s``."""
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    days, whole = divmod(whole, 86_400)
    hours, whole = divmod(whole, 3_600)
    minutes, whole = divmod(whole, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (whole, "s")]
    while parts[0][0] == 0:
        del parts[0]
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def money(dollars: float) -> str:
    """Return an amount of US dollars as text: ``$0.01``."""
    return f"${dollars:,.2f}" if dollars >= 0.005 else "less than $0.01"
