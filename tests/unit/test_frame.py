"""The frame of Parley's pages, and that of a host around them."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.template.loader_tags import BlockNode
from django.test import RequestFactory

from tests.support.processes import ROOT

TEMPLATES = {path.name: path.read_text() for path in (ROOT / "src/parley/templates/parley").glob("*.html")}
BLOCK = re.compile(r"\{% block (\w+) %\}")
FRAME = {*BLOCK.findall(TEMPLATES["base.html"]), *BLOCK.findall(TEMPLATES["_body.html"])}
PAGES = [name for name, text in TEMPLATES.items() if re.search(r'\{% extends [^%]*"parley/base.html"', text)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fills_blocks_that_the_frame_has(name):
    assert set(BLOCK.findall(TEMPLATES[name])) <= FRAME
    assert "parley_main" in TEMPLATES[name]


def test_no_block_of_the_body_has_a_name_that_a_host_may_have_given():
    assert [name for name in BLOCK.findall(TEMPLATES["_body.html"]) if not name.startswith("parley_")] == []


def test_no_template_has_attributes_of_a_hosts_stimulus():
    assert [name for name, text in TEMPLATES.items() if re.search(r"data-(controller|action)\b", text)] == []


def test_blocks_of_what_is_pasted_are_those_of_the_template():
    text = '{% load parley %}{% block outer %}a{% paste "parley/_framed.html" %}{% endblock %}'
    names = [node.name for node in Template(text).nodelist.get_nodes_by_type(BlockNode)]
    assert names == ["outer", "parley_sidebar", "parley_main", "parley_status", "parley_shortcuts"]


def test_the_head_names_no_socket_to_strangers():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    page = Template("{% load parley %}<html {% parley_root %}>{% parley_head %}").render(Context({"request": request}))
    assert '<html data-theme="system" data-sidebar="open">' in page
    assert '<meta name="parley-socket" content="">' in page
    assert "parley/parley.js" in page
