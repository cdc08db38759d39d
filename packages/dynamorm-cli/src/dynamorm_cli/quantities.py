"""Sizes, times and money, as people read them."""

from __future__ import annotations


def size_text(size: float) -> str:
    """Return a number of bytes as text: ``812 MB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.3g} {unit}" if size < 100 else f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.3g} TB" if size < 100 else f"{size:,.0f} TB"


def duration_text(seconds: float) -> str:
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


def dollars_text(dollars: float) -> str:
    """Return an amount of US dollars as text: ``$0.01``."""
    return f"${dollars:,.2f}" if dollars >= 0.005 else "less than $0.01"
