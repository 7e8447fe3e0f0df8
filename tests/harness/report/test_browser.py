"""The page in a real browser: it asks for nothing, says nothing, and does what it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

for _needed in ("matplotlib", "pandas", "tabulate", "tqdm"):
    pytest.importorskip(_needed)

from harness import report
from tests.harness.report.made_up import a_run, a_survey

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed")

SCRIPT = """{
const said = {errors: window.seen, asked: performance.getEntriesByType("resource").length};
const bottom = (where) => document.querySelector(where).getBoundingClientRect().bottom;
said.bottoms = ["header", ".tiles", "section.wide svg"].map(bottom);
said.wide = document.documentElement.scrollWidth;
const tables = [...document.querySelectorAll("table.sortable")];
const table = tables.find((t) => t.tHead.textContent.includes("tensor"));
const column = () => [...table.tBodies[0].rows].map((row) => row.cells[2].textContent);
table.tHead.rows[0].cells[2].click();
said.down = column();
table.tHead.rows[0].cells[2].dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
said.up = column();
const course = document.getElementById("course");
said.hidden = course.hidden;
document.querySelector("svg [data-tensor]").dispatchEvent(new MouseEvent("click", {bubbles: true}));
said.shown = !course.hidden && course.querySelectorAll("svg[role=img]").length;
said.title = course.querySelector("h2").textContent;
const paper = () => getComputedStyle(document.body).backgroundColor;
said.papers = [paper()];
document.getElementById("theme").click();
said.papers.push(paper());
said.unnamed = [...document.querySelectorAll("svg")].filter(
  (s) => !s.getAttribute("aria-label") && s.getAttribute("aria-hidden") !== "true").length;
const told = document.createElement("pre");
told.id = "said";
told.textContent = JSON.stringify(said);
document.body.append(told);
}"""
WATCH = (
    "<script>window.seen = []; onerror = (what) => { window.seen.push(String(what)); };</script>"
)


def looked_at(page: Path, folder: Path, width: int = 1280) -> tuple[dict, str]:
    """What SCRIPT says of a page, and what the browser logged."""
    text = page.read_text(encoding="utf-8")
    spoken = folder / "spoken.html"
    text = text.replace("<head>", f"<head>{WATCH}", 1)
    spoken.write_text(text.replace("</body>", f"<script>{SCRIPT}</script></body>"), "utf-8")
    made = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", "--hide-scrollbars", f"--user-data-dir={folder / 'user'}",
            f"--window-size={width},800", "--dump-dom", spoken.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="said">(.*?)</pre>', made.stdout, re.S)
    assert found, made.stdout[-500:] + made.stderr[-500:]
    return json.loads(unescape(found[1])), made.stderr


def test_the_page_works_in_a_browser(tmp_path: Path) -> None:
    result = a_run(tmp_path, fault=7)
    result.survey = a_survey()
    said, log = looked_at(report.write(result) / "index.html", tmp_path)
    assert (said["errors"], said["asked"], said["unnamed"]) == ([], 0, 0)
    assert "CONSOLE" not in log
    assert max(said["bottoms"]) <= 800  # verdict, tiles and plot are on the first screen
    assert said["wide"] <= 1280
    shares = [_share(text) for text in said["down"]]
    assert len(shares) >= 5
    assert shares == sorted(shares, reverse=True)
    assert said["up"] == sorted(said["up"], key=_share)
    assert said["hidden"]
    assert said["shown"] == 2  # the course, and the spread of errors
    assert said["title"].startswith("loss: ")
    light, dark = said["papers"]
    assert light != dark


def _share(text: str) -> float:
    number = float(text.rstrip("%×").replace(",", "").replace("∞", "inf"))
    return number / 100 if text.endswith("%") else number
