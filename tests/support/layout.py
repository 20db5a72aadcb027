"""Faults in the layout of a page, found in the browser that shows it."""

from typing import Any

from testbed.browser import Page

_TEXTS = """
(() => {
  const shown = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('title') || !parent.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1) shown.push({text: node.data.trim(), parent, box});
    }
  }
  return shown;
})()
"""

_OVERLAPS = """
(() => {
  const texts = %(texts)s, found = [];
  texts.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < texts.length; i++) {
    const one = texts[i].box;
    for (let j = i + 1; j < texts.length && texts[j].box.top < one.bottom - 2; j++) {
      const other = texts[j].box;
      const cut = texts[i].parent.closest('.scroll') !== texts[j].parent.closest('.scroll');
      if (!cut && one.left < other.right - 1 && other.left < one.right - 1)
        found.push(`${texts[i].text} | ${texts[j].text}`);
    }
  }
  return found;
})()
"""

_OUTSIDE = """
(() => %(texts)s
  .filter(({parent, box}) => {
    const card = parent.closest('.card');
    if (!card) return false;
    const frame = card.getBoundingClientRect();
    const sideways = box.left < frame.left - 1 || box.right > frame.right + 1;
    return sideways || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
  })
  .map(({text}) => text))()
"""

_CUT = """
(() => {
  const clips = element => getComputedStyle(element).overflowX !== 'visible';
  const cut = ({parent, box}) => {
    if (parent.closest('.skip')) return false;
    if (box.left < -1 || box.right > document.documentElement.clientWidth + 1) return true;
    for (let each = parent; each !== document.body; each = each.parentElement) {
      const frame = each.getBoundingClientRect();
      if (clips(each) && (box.left < frame.left - 1 || box.right > frame.right + 1)) return true;
    }
    return false;
  };
  const label = cell => getComputedStyle(cell, '::before');
  const covered = cell => label(cell).position === 'absolute'
    && parseFloat(label(cell).width) > parseFloat(getComputedStyle(cell).paddingLeft);
  return [
    ...%(texts)s.filter(cut).map(({text}) => text),
    ...[...document.querySelectorAll('[data-label]')].filter(covered).map(cell => cell.dataset.label),
  ];
})()
"""

_HIDDEN = """
(() => {
  const hidden = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.data.trim() && !node.parentElement.checkVisibility()) hidden.push(node.data.trim());
  }
  return hidden;
})()
"""

_FAINT = """
(() => {
  const paper = matchMedia('print').matches;
  const printed = style => !paper || style.printColorAdjust === 'exact';
  const channels = color => (color.match(/[0-9.]+/g) || []).map(Number);
  const light = color => {
    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = channels(color).map(c => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const solid = color => color !== 'none' && channels(color)[3] !== 0;
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (solid(style.backgroundColor) && printed(style)) return style.backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Set();
  for (const {text, parent} of %(texts)s) {
    const style = getComputedStyle(parent);
    const [one, other] = [light(style.color), light(behind(parent))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.add(`${text}: ${contrast.toFixed(2)}`);
    if (parseFloat(style.fontSize) < 12 && !paper) found.add(`${text}: ${style.fontSize}`);
  }
  return [...found];
})()
"""


_LEGENDS = """
[...document.querySelectorAll('.legend')].map(legend => [...legend.querySelectorAll('.key')].map(key => {
  const style = getComputedStyle(key), page = getComputedStyle(document.body).backgroundColor;
  const or = (color, other) => color === 'rgba(0, 0, 0, 0)' ? other : color;
  const line = parseFloat(style.width) <= parseFloat(style.borderLeftWidth);
  const fill = line ? style.borderLeftColor : or(style.backgroundColor, page);
  return {words: key.parentElement.innerText.trim(), page, fill, edge: or(style.borderLeftColor, fill)};
}))
"""


def overlaps(page: Page) -> Any:
    """Return pairs of texts of which one lies on the other."""
    return page.evaluate(_OVERLAPS % {"texts": _TEXTS})


def outside(page: Page) -> Any:
    """Return the texts that reach beyond their card."""
    return page.evaluate(_OUTSIDE % {"texts": _TEXTS})


def cut(page: Page) -> Any:
    """Return the texts that reach beyond the window or beyond a box that cuts or scrolls, and labels over a value."""
    return page.evaluate(_CUT % {"texts": _TEXTS})


def hidden(page: Page) -> Any:
    """Return the texts of the page that are not shown."""
    return page.evaluate(_HIDDEN)


def legends(page: Page) -> Any:
    """Return the keys of each legend: `words`, the colours `fill` and `edge`, and `page`, which is behind them."""
    return page.evaluate(_LEGENDS)


def faint(page: Page) -> Any:
    """Return the texts that are hard to read: contrast below 4.5 (WCAG 2.2, 1.4.3, level AA), or smaller than 12 px.

    On paper, text of any size stands on white where the background is not printed.
    """
    return page.evaluate(_FAINT % {"texts": _TEXTS})


def scrolls_sideways(page: Page) -> bool:
    """Return whether the page as a whole is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def darkness(page: Page) -> Any:
    """Return how dark the page is: 0 for white, 1 for black."""
    return page.evaluate("1 - Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g)) / 255")
