"""What HTML from Markdown may consist of."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

VOID = {"br", "hr"}
BARE = {
    "br", "code", "del", "details", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "kbd", "li",
    "strong", "sub", "summary", "sup", "table", "tbody", "thead", "tr", "ul",
}  # fmt: skip
MATHS = {
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "munder", "munderover",
}  # fmt: skip
MATHS_ATTRIBUTES = {
    "accent", "accentunder", "columnspan", "depth", "display", "displaystyle", "fence", "form", "height", "largeop",
    "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rowspan", "rspace", "scriptlevel",
    "separator", "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
ALLOWED = {
    **{tag: set() for tag in BARE},
    **dict.fromkeys(MATHS, MATHS_ATTRIBUTES),
    "a": {"class", "href", "rel", "target", "title"},
    "blockquote": {"class"},
    "ol": {"start"},
    "p": {"class"},
    "pre": {"data-language"},
    "section": {"class"},
    "span": {"class"},
    "td": {"align"},
    "th": {"align"},
}


class Elements(HTMLParser):
    """The elements of some HTML, the links in it, and how many of them are outermost."""

    def __init__(self, html):
        super().__init__()
        self.open, self.outermost, self.loose, self.hrefs, self.forbidden = [], 0, "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.outermost += not self.open
        self.open += [tag] * (tag not in VOID)
        names = {name for name, _ in attrs}
        if tag not in ALLOWED or names - ALLOWED[tag]:
            self.forbidden.append(self.get_starttag_text())
        self.hrefs += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.forbidden.append(f"</{tag}> out of turn")

    def handle_data(self, data):
        self.loose += data if not self.open else ""

    def handle_comment(self, data):
        self.forbidden.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(blocks):
    for block in blocks:
        elements = Elements(block)
        assert elements.forbidden == []
        assert {urlsplit(href).scheme for href in elements.hrefs} <= {"", "http", "https", "mailto"}
        assert (elements.outermost, elements.open, elements.loose) == (1, [], "")


def text_of(html):
    """The text that a page shows of some HTML."""
    parser = HTMLParser()
    texts = []
    parser.handle_data = texts.append
    parser.feed(html)
    parser.close()
    return "".join(texts)
