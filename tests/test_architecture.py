"""Rules of the house that no linter knows."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

APPS = ("ctg", "territories", "diagnostics", "actions", "governance")
# Reads belong to querysets; these modules are where rows may be taken without a user.
VIEW_SIDE = ("views", "forms", "filters")
THIRD_PARTY = "allauth"


def patterns(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry


def own_views():
    for route, entry in patterns():
        if not entry.callback.__module__.startswith(THIRD_PARTY):
            yield route, entry


@pytest.mark.parametrize(("route", "entry"), [pytest.param(r, e, id=r) for r, e in own_views()])
def test_every_view_carries_an_access_decorator(route, entry):
    assert hasattr(entry.callback, "access"), f"{route} ({entry.callback.__name__}) says not who may open it"


@pytest.mark.parametrize(("route", "entry"), [pytest.param(r, e, id=r) for r, e in own_views()])
def test_one_name_everywhere(route, entry):
    assert entry.name == entry.callback.__name__


def sources(*names):
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            parts = path.relative_to(settings.BASE_DIR / app).with_suffix("").parts
            if any(part in names for part in parts) and "migrations" not in parts:
                yield path


def chain(node):
    """The names of `a.b(...).c`, from the left."""
    names = []
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            names.append(node.id)
            return names[::-1]
        else:
            return names[::-1]


# An entry into the data that asks who reads. `with_rights` and `of` come after it.
ENTRIES = {"visible_to", "public", "for_token", "none"}
FORBIDDEN_CALLS = {"get_object_or_404", "get_list_or_404"}


def entries_without_reader(tree):
    """`Model.objects.<something else>` and its like."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        called = chain(node)[-1:] if isinstance(node, ast.Call) else []
        # The model itself, not a narrowed queryset.
        if called and called[0] in FORBIDDEN_CALLS and isinstance(node.args[0], ast.Name):
            yield node.lineno, called[0]
        if isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager", "_base_manager"):
            parent = parents.get(node)
            follows = parent.attr if isinstance(parent, ast.Attribute) else ""
            if follows not in ENTRIES:
                yield node.lineno, f"{node.attr}.{follows}"


# Writes of forms that are services in all but place: each with its reason.
ALLOWED = {
    ("actions/forms/fiche.py", "objects.filter"),  # the rows of the fiche that the view has found
    ("actions/forms/fiche.py", "objects.create"),  # a new pilot
    ("actions/forms/plan.py", "objects.get"),  # keys validated by place_choices
    ("actions/forms/parts.py", "objects.filter"),  # appreciations of the evaluation at hand
    ("actions/forms/parts.py", "objects.update_or_create"),
}


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=str(p.relative_to(settings.BASE_DIR))) for p in sources(*VIEW_SIDE)]
)
def test_views_forms_and_filters_ask_who_reads(path: Path):
    name = str(path.relative_to(settings.BASE_DIR))
    found = [
        f"{name}:{line} {what}"
        for line, what in entries_without_reader(ast.parse(path.read_text(encoding="utf-8")))
        if (name, what) not in ALLOWED
    ]
    assert found == []


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.name) for app in APPS for p in sorted((settings.BASE_DIR / app).rglob("*.py"))],
)
def test_no_signals_and_no_drawers_for_everything(path: Path):
    assert path.stem not in ("utils", "common", "helpers", "misc", "signals")
    assert "django.dispatch" not in path.read_text(encoding="utf-8")


def test_templates_carry_no_inline_script_style_or_handler():
    """The CSP would refuse them in silence."""
    found = []
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8").lower()
        relative = path.relative_to(settings.BASE_DIR / "templates")
        if relative.parts[0] == "pdf" or path.name.endswith(".pdf.html"):
            continue  # paper has no CSP
        found += [
            f"{relative}: {bad}" for bad in (" style=", "<style", " onclick=", "javascript:") if bad in text
        ]
        found += [
            f"{relative}: inline script"
            for part in text.split("<script")[1:]
            if "src=" not in part.split(">")[0]
        ]
    assert found == []


def words_shown(path: Path):
    """The strings of a module, or a template whole."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [text]
    return [
        n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def test_screens_never_write_caf_in_capitals():
    found = [
        str(path.relative_to(settings.BASE_DIR))
        for folder in ("templates", "trial", *APPS)
        for path in (settings.BASE_DIR / folder).rglob("*")
        if path.suffix in (".html", ".py", ".txt", ".toml")
        and any("CAF" in words for words in words_shown(path))
    ]
    assert found == []
