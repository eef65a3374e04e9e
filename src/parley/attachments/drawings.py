"""Read the parts that drawings of Office are made of: paragraphs, tables, charts and SmartArt. Pure."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from .packed import PICTURES, related, xml_beside

TITLES = {"title", "ctrTitle"}
FURNITURE = {"sldNum", "dt", "ftr", "hdr", "sldImg"}
"""Placeholders that say the same on each slide."""
MAX_POINTS = 10_000
"""Of a series of a chart."""


def kind_of(element: Element) -> str:
    """Return the tag of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def lines(element: Element) -> Iterator[str]:
    """Yield paragraphs, and rows of tables with bars between their cells."""
    for child in element:
        tag = kind_of(child)
        if tag == "tr":
            cells = [" ".join(lines(cell)) for cell in child]
            yield from [" | ".join(cells)] * any(cells)
        elif tag == "sp":
            yield from _shape(child)
        elif tag == "p":
            text = "".join(_runs(child)).strip()
            yield from [text] * bool(text)
        elif tag != "Fallback":
            yield from lines(child)


def _runs(paragraph: Element) -> Iterator[str]:
    for each in paragraph.iter():
        tag = kind_of(each)
        yield {"br": "\n", "tab": "\t", "t": each.text or ""}.get(tag, "")


def _shape(shape: Element) -> Iterator[str]:
    place = shape.find(".//{*}ph")
    kind = "" if place is None else place.get("type", "")
    if kind in TITLES:
        yield from (f"# {title}" for title in [" ".join(lines(shape))] if title)
    elif kind not in FURNITURE:
        yield from lines(shape)


def beside_text(archive: ZipFile, name: str) -> Iterator[str]:
    """Yield the text of each chart and each diagram that a member shows."""
    for kind, member in related(archive, name).values():
        if kind in _DRAWN:
            text = "\n".join(_DRAWN[kind](xml_beside(archive, member)))
            yield from [text] * bool(text)


def _chart(chart: Element) -> Iterator[str]:
    """Yield the titles, and each series with its categories and values."""
    titles = [" ".join(lines(title)) for title in chart.iterfind(".//{*}title")]
    yield from ["Chart: " + ", ".join(filter(None, titles))] * (kind_of(chart) == "chartSpace")
    for series in chart.iterfind(".//{*}ser"):
        name, categories = _points(series, "tx"), _points(series, "cat") or _points(series, "xVal")
        values = _points(series, "val") or _points(series, "yVal")
        pairs = [f"{categories[at]}: {value}" if at in categories else value for at, value in values.items()]
        more = len(series.findall("{*}val//{*}pt") or series.findall("{*}yVal//{*}pt")) - MAX_POINTS
        pairs += [f"and {more} more"] * (more > 0)
        yield f"{' '.join(name.values()) or 'Series'}: {'; '.join(pairs)}"


def _points(series: Element, part: str) -> dict[str, str]:
    """Return the number of each point → what it says, as it was when the file was saved; of several levels, all."""
    said: dict[str, str] = {}
    for point in [*series.iterfind(f"{{*}}{part}//{{*}}pt")][:MAX_POINTS]:
        words, number = (point.findtext("{*}v") or "").split(), point.get("idx", "")
        said[number] = " ".join([*words, said.get(number, "")]).strip()
    return said


def _diagram(model: Element) -> Iterator[str]:
    """Yield what the shapes of a SmartArt graphic say."""
    said = [*lines(model)]
    yield from ["Diagram:", *(f"- {line}" for line in said)] if said else ()


def pictures_in(archive: ZipFile) -> list[str]:
    """Return a note that says how many pictures a file has, if it has any."""
    count = sum(name.startswith(PICTURES) for name in archive.namelist())
    return [f"pictures:{count}"] if count else []


_DRAWN = {"chart": _chart, "diagramData": _diagram}
