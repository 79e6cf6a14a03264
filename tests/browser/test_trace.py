"""“Check my run” as people meet it: with and without JavaScript, on a narrow screen, by keyboard."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from problems.catalogue import find
from problems.dealing import deal


def wrong_run() -> str:
    """The run of 1.7 in which the last sample of the first pass is left out."""
    variant = deal(find("1.7"), 3)
    rows = list(variant.problem.tracing.run(variant.parameters)[:8])
    rows.append(rows[-1])
    while len(rows) <= variant.parameters["steps"]:
        rows.append(variant.problem.tracing.next_rows(variant.parameters, np.array(rows))[-1])
    return "\n".join("\t".join(f"{cell:.4f}" for cell in row) for row in rows)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_run_is_checked_on_the_page(new_page: Callable[..., Page], address: str, scripts: bool) -> None:  # noqa: FBT001
    page = new_page(java_script_enabled=scripts, viewport={"width": 375, "height": 700})
    page.goto(f"{address}/zh/problems/1.7?seed=3&form=open")
    page.get_by_text("检查我的迭代过程").first.click()
    page.get_by_label("全部迭代结果，每行一步").fill(wrong_run())
    page.get_by_role("button", name="检查我的迭代过程").press("Enter")
    expect(page.locator("#trace-result")).to_contain_text(
        re.compile("第 1–7 步正确。第 8 步的结果相当于：跳过了样本 8，尽管")
    )
    expect(page.get_by_label("全部迭代结果，每行一步")).to_have_value(wrong_run())
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
