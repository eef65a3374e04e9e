"""``{% load parley %}``"""

from django import template

from parley.dom import dom_id

register = template.Library()
register.simple_tag(dom_id, name="dom_id")
