r"""The symbols that stand in a text's mathematics, as names that can be compared.

    symbols("Let $D^*$ be best for $p_{\text{data}}$.")  ->  {"D^*", "p_data"}

A subscript that names what a symbol is belongs to it (`p_g`), an index does not (`x_i`). Numbers,
brackets, relations and the operations that every reader knows are no symbols in this sense.
"""

import re

_ORDINARY = r"""
    \frac \tfrac \dfrac \sqrt \binom \substack \mathrm \operatorname \hphantom \phantom \mathstrut
    \left \middle \right \big \bigl \bigm \bigr \Big \Bigl \Bigm \Bigr \bigg \biggl \biggm \biggr
    \quad \qquad \displaystyle \textstyle \limits \nolimits \nonumber \square
    \le \ge \ne \lt \gt \ll \gg \approx \equiv \sim \simeq \propto \pm \mp \cdot \times
    \dots \cdots \ldots \colon \prime \circ \infty \forall \exists \mid \land \lor
    \to \mapsto \uparrow \downarrow \searrow \nearrow \implies \iff \Rightarrow \Leftrightarrow
    \in \ni \notin \subset \subseteq \supset \supseteq \cap \cup \bigcap \bigcup \setminus
    \emptyset \varnothing \sum \prod \int \iint \lim \limsup \liminf \min \max \inf \sup \arg
    \log \exp \sin \cos \tan \sinh \cosh \tanh \arctan
    \lvert \rvert \lVert \rVert \vert \Vert \lceil \rceil \lfloor \rfloor \langle \rangle
"""

ORDINARY = frozenset(_ORDINARY.split())
"""Commands that set type, and relations and operations of school mathematics."""

_CODE = re.compile(r"(?ms)^(?P<fence>`{3,})[\w.+-]*\s*$.*?^(?P=fence)\s*$|`[^`\n]*`")
_MATH = re.compile(r"(?s)\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^$]+?)(?<!\\)\$")

_WORDS = re.compile(r"\\(?:label|tag|begin|end|hspace|color)\*?\{[^{}]*\}(?:\{[lcr|]+\})?")
_NAMING = re.compile(r"_(?:\\text\{(?P<bare>\w+)\}|\{\\text\{(?P<braced>\w+)\}\})")
_SPACING = re.compile(r"\\\\\[[^\]]*\]")
_TEXT = re.compile(r"\\(?:text|textbf|mbox)\{[^{}]*\}")
_DIFFERENTIAL = re.compile(
    r"(?<![A-Za-z\\])d(?:\^[a-z2])?(?=\\(?:mu|nu|lambda|theta|delta|psi|phi)\b|[a-zG](?![A-Za-z]))"
    r"|\{d(?:\^2)?\}(?=\{d)"
)
_EULER = re.compile(r"(?<![A-Za-z\\])e(?=\^)")

_ACCENT = r"\\(?:wide)?(?P<accent>hat|tilde|bar|dot|check)(?![a-z])\s*\{?\s*"
_SYMBOL = re.compile(
    rf"(?:{_ACCENT})?"
    r"(?:\\operatorname\*?\{(?P<operator>[^{}]+)\}"
    r"|\\(?P<alphabet>mathbb|mathcal|mathbf|mathsf|boldsymbol)\s*\{?\s*(?P<styled>\\?[A-Za-z0-9]+?)(?![a-z])\}?"
    r"|(?P<command>\\[A-Za-z]+)"
    r"|(?P<letter>[A-Za-z]))"
    r"(?P<name>⟨\w+⟩)?(?P<star>\^\*|\^\{\*\})?(?P<role>_[gz](?![A-Za-z]))?"
)


def mathematics(text: str) -> list[str]:
    """Every formula of a Markdown text, code left out."""
    found = _MATH.finditer(_CODE.sub("", text))
    return [match["display"] or match["inline"] for match in found]


def symbols_of(formula: str) -> list[str]:
    """The names of the symbols in one formula, in the order in which they stand."""
    formula = _WORDS.sub(" ", formula)
    formula = _NAMING.sub(lambda match: f"⟨{match['bare'] or match['braced']}⟩", formula)
    formula = _SPACING.sub(" ", _TEXT.sub(" ", formula))
    formula = _EULER.sub(" ", _DIFFERENTIAL.sub(" ", formula))
    return [name for match in _SYMBOL.finditer(formula) if (name := _name(match))]


def symbols(text: str) -> set[str]:
    """The names of the symbols in all mathematics of a text."""
    return {name for formula in mathematics(text) for name in symbols_of(formula)}


def _name(match: re.Match[str]) -> str:
    if match["command"] in ORDINARY:
        return ""
    if match["alphabet"]:
        base = f"\\{match['alphabet']} {match['styled'].strip()}"
    else:
        base = match["operator"] or match["command"] or match["letter"]
    if match["accent"]:
        base = f"\\{match['accent']} {base}"
    named = match["name"].strip("⟨⟩") if match["name"] else ""
    role = match["role"] if match["role"] and base == "p" else ""
    star = "^*" if match["star"] else ""
    return base + (f"_{named}" if named else "") + role + star
