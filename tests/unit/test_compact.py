"""Line breaks of a template are for its readers: a page has the fewest bytes that show the same."""

import pytest
from django.template import Context, Engine

ENGINE = Engine(libraries={"parley": "parley.templatetags.parley"})


def rendered(source, **context):
    return ENGINE.from_string("{% load parley %}{% compact %}" + source + "{% endcompact %}").render(Context(context))


@pytest.mark.parametrize(
    ("source", "compact"),
    [
        ("\n<ul>\n  <li>a</li>\n  <li>b</li>\n</ul>\n", "<ul><li>a</li><li>b</li></ul>"),
        ('<p class="a"\n   dir="auto">a</p>', '<p class="a" dir="auto">a</p>'),
        (
            '<p data-action="x->y#z\n                v->w#u"\n   id="a">a</p>',
            '<p data-action="x->y#z v->w#u" id="a">a</p>',
        ),
        ("<p>\n  Two\n  words\n</p>", "<p>Two words</p>"),
        ("<b>a</b> <i>b</i>", "<b>a</b> <i>b</i>"),
        ("<b>a</b>&#32;\n<i>b</i>", "<b>a</b>&#32;<i>b</i>"),
        ("<p>\n  1 < 2\n  and so on\n</p>", "<p>1 < 2 and so on</p>"),
        ("<pre>\n a\n  b</pre>\n<p>\na</p>", "<pre>\n a\n  b</pre><p>a</p>"),
        ('<textarea\n  name="a">\n{{ x }}</textarea>\n<p>', '<textarea name="a">\nx</textarea><p>'),
    ],
)
def test_drops_line_breaks_beside_tags_and_keeps_one_space_elsewhere(source, compact):
    assert rendered(source, x="x") == compact


@pytest.mark.parametrize("on", [True, False])
def test_drops_them_around_what_decides_and_keeps_attributes_apart(on):
    source = '<p\n  {% if on %}\n    hidden\n  {% endif %}\n  id="a">\n  {% if on %}\n    {{ x }}\n  {% endif %}\n</p>'
    assert rendered(source, on=on, x="a").replace("  ", " ") == ('<p hidden id="a">a</p>' if on else '<p id="a"></p>')


def test_leaves_what_is_shown_as_it_is():
    assert rendered("<p>\n  {{ x }}\n</p>", x="a\n  b") == "<p>a\n  b</p>"
