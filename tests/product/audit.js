// Looks at a page as somebody does who cannot see, point or hear well; says what is wrong in `data-probe`. The rules are
// those of WCAG 2.2 AA that a program can decide. `window.targetPx` is how large a target must be.
addEventListener('load', () => {
  const faults = [];
  const root = document.documentElement;
  const all = (selector, node = document) => [...node.querySelectorAll(selector)];
  const label = (node) => node.tagName.toLowerCase() + ' ' + (node.textContent || node.name || node.id || '').trim().replace(/\s+/g, ' ').slice(0, 30);
  const fault = (what, node) => { const text = what + (node ? ' at ' + label(node) : ''); if (!faults.includes(text)) faults.push(text); };
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest('[aria-hidden=true]');
  const box = (node) => node.getBoundingClientRect();
  // Only for those who hear the page: clipped to nothing.
  const clipped = (node) => { for (; node && node !== document.body; node = node.parentElement) { const it = box(node); if (it.width <= 1 && it.height <= 1) return true; } return false; };

  // Names: what a screen reader says.
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute('aria-hidden') === 'true') return '';
    if (node.getAttribute('aria-label')) return node.getAttribute('aria-label');
    if (node.tagName === 'IMG') return node.alt;
    if (['STYLE', 'SCRIPT'].includes(node.tagName)) return '';
    return [...node.childNodes].map(words).join(' ');
  };
  const byIds = (ids) => (ids || '').split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)).map((each) => (each ? words(each) : '')).join(' ');
  const name = (node) => (byIds(node.getAttribute('aria-labelledby')) || node.getAttribute('aria-label')
    || [...(node.labels || [])].map(words).join(' ') || (node.matches('input,select,textarea,progress') ? '' : words(node)) || node.title || '').trim();

  // The document.
  const tongue = (text) => { try { return Intl.getCanonicalLocales(text).length === 1; } catch { return false; } };
  if (!root.lang) fault('no language');
  for (const each of all('[lang]')) if (!tongue(each.lang)) fault('a language that is none', each);
  if (!document.title.trim()) fault('no title');
  const viewport = document.querySelector('meta[name=viewport]');
  if (!viewport || /user-scalable=no|maximum-scale/.test(viewport.content)) fault('no zoom');
  if (document.querySelector('meta[http-equiv=refresh]')) fault('a page that goes away by itself');
  if (root.scrollWidth > innerWidth) fault('scrolls sideways');

  // Landmarks and headings.
  if (all('main').length !== 1) fault('not one main part');
  for (const [what, selector] of [['banner', 'body > header'], ['foot', 'body > footer']]) if (all(selector).length > 1) fault('more than one ' + what);
  const navs = all('nav').map((nav) => { const own = name(nav.cloneNode()) || byIds(nav.getAttribute('aria-labelledby')); if (!own) fault('a navigation without a name', nav); return own; });
  if (new Set(navs).size !== navs.length) fault('two navigations with one name');
  for (const node of document.body.children) {
    if (node.matches('main,header,nav,footer,aside,script,[role=status],[role=alert],.skip')) continue;
    if (words(node).trim()) fault('a part outside of every landmark', node);
  }
  const skip = document.querySelector('a.skip');
  if (skip) {
    const goal = document.getElementById(skip.hash.slice(1));
    if (!goal || (goal.tabIndex < 0 && !goal.hasAttribute('tabindex'))) fault('a skip link that leads nowhere', skip);
  }
  const headings = all('h1,h2,h3,h4,h5,h6');
  if (headings.filter((each) => each.tagName === 'H1').length !== 1) fault('not one first heading');
  let level = 0;
  for (const heading of headings) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) fault('a heading skips a level', heading);
    if (!words(heading).trim()) fault('an empty heading', heading);
    level = own;
  }

  // Ids, roles and states.
  const ids = all('[id]').map((each) => each.id);
  if (new Set(ids).size !== ids.length) fault('an id that is there twice');
  for (const each of all('[aria-describedby],[aria-labelledby],[aria-controls],[for],[list]'))
    for (const attribute of ['aria-describedby', 'aria-labelledby', 'aria-controls', 'for', 'list'])
      for (const id of (each.getAttribute(attribute) || '').split(/\s+/).filter(Boolean))
        if (!document.getElementById(id)) fault(attribute + ' of what is not there', each);
  const roles = ['alert', 'img', 'search', 'status', 'group', 'presentation', 'none', 'navigation', 'region'];
  for (const each of all('[role]')) if (!roles.includes(each.getAttribute('role'))) fault('a role that nobody knows', each);
  const states = ['aria-label', 'aria-labelledby', 'aria-describedby', 'aria-hidden', 'aria-current', 'aria-invalid', 'aria-live', 'aria-controls', 'aria-expanded'];
  for (const each of all('*')) for (const { name: own } of each.attributes) if (own.startsWith('aria-') && !states.includes(own)) fault('a state that nobody knows', each);

  // Controls, pictures, groups.
  const focusable = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]';
  for (const field of all('input:not([type=hidden]),select,textarea,progress')) if (!name(field)) fault('a field without a name', field);
  for (const each of all('button,a[href]')) {
    if (!name(each)) fault('a control without a name', each);
    const seen = [...each.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.data : '')).join(' ').trim().toLowerCase();
    const spoken = each.getAttribute('aria-label');
    if (spoken && seen && !spoken.toLowerCase().includes(seen)) fault('a name that is not what is read', each);
    if (each.querySelector(focusable)) fault('a control within a control', each);
  }
  for (const each of all('[aria-hidden=true]')) if (each.matches(focusable) || each.querySelector(focusable)) fault('a hidden part that takes the focus', each);
  for (const each of all('img')) if (!each.hasAttribute('alt')) fault('a picture without words', each);
  for (const each of all('svg')) {
    const titled = each.querySelector('title')?.textContent.trim() || each.getAttribute('aria-label') || each.getAttribute('aria-labelledby');
    if (each.getAttribute('aria-hidden') !== 'true' && !(each.getAttribute('role') === 'img' && titled)) fault('a drawing without words', each);
  }
  for (const set of all('fieldset')) if (!set.querySelector('legend')?.textContent.trim()) fault('a group without a name', set);
  for (const list of all('ul,ol')) for (const each of list.children) if (each.tagName !== 'LI') fault('a list of other things', list);
  for (const each of all('li')) if (!each.parentElement.matches('ul,ol')) fault('an entry of no list', each);
  for (const list of all('dl')) for (const each of list.children) if (!each.matches('dt,dd') && !(each.matches('div') && each.querySelector('dt') && each.querySelector('dd'))) fault('a list of terms without terms', list);

  // Tables: each column has a head with words.
  for (const table of all('table')) {
    const heads = all('th', table);
    if (heads.length === 0) fault('a table without heads', table);
    for (const head of heads) {
      if (!['col', 'row'].includes(head.scope)) fault('a head that says not of what', head);
      if (!words(head).trim()) fault('an empty head', head);
    }
    const columns = table.tHead ? [...table.tHead.rows[0].cells].reduce((sum, cell) => sum + cell.colSpan, 0) : 0;
    for (const row of table.tBodies[0]?.rows || []) {
      const cells = [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0);
      if (columns > 0 && cells !== columns) fault('a row of another width than its head', row);
    }
  }

  // Size of targets. A link within a sentence is as high as its line.
  const least = window.targetPx || 44;
  const inline = (node) => getComputedStyle(node).display === 'inline';
  const targets = all('button,label,select,textarea,input:not([type=hidden]),a[href]').filter((each) => shown(each) && !clipped(each));
  const centre = (it) => [it.left + it.width / 2, it.top + it.height / 2];
  const away = ([x, y], it) => Math.hypot(Math.max(it.left - x, 0, x - it.right), Math.max(it.top - y, 0, y - it.bottom));
  // A small one may stand where nothing else is near.
  const alone = (each) => targets.every((other) => other === each || other.contains(each) || each.contains(other) || away(centre(box(each)), box(other)) >= 12);
  for (const each of targets) {
    if (each.matches('.skip') || (each.tagName === 'A' && (inline(each) || least > 24))) continue;
    // What stands in its label is as large as that.
    if (each.tagName !== 'LABEL' && each.closest('label') && !each.matches('select,textarea')) continue;
    if (each.tagName === 'LABEL' && (each.matches('.field') || least <= 24)) continue;
    const it = box(each);
    if ((it.height < least || it.width < least) && !(least <= 24 && alone(each))) fault('a small target', each);
  }
  for (const each of all('nav a')) if (shown(each) && box(each).height < 24) fault('a small link', each);

  // Colours, with what shines through.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = (text) => {
    if (!known.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const ground = (node) => {
    const layers = [];
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((under, colour) => over(colour, under), matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const channel = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const contrast = (one, other) => { const [high, low] = [light(one), light(other)].sort((a, b) => b - a); return (high + 0.05) / (low + 0.05); };
  const opacity = (node) => { let all = 1; for (; node; node = node.parentElement) all *= Number(getComputedStyle(node).opacity); return all; };
  const readable = (node, style, what) => {
    const under = ground(node);
    const [r, g, b, a] = rgba(style.color);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const share = what === 'faint placeholder' ? Number(style.opacity) : 1;
    if (contrast(over([r, g, b, a * opacity(node) * share], under), under) < (large ? 3 : 4.5)) fault(what, node);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest('script,style,svg,option,datalist,progress,[disabled]') || !node.checkVisibility() || clipped(node)) continue;
    readable(node, getComputedStyle(node), 'faint text');
  }
  for (const field of all('input[placeholder],textarea[placeholder]')) if (!field.value && shown(field)) readable(field, getComputedStyle(field, '::placeholder'), 'faint placeholder');

  // The keyboard: everything is reached in the order in which it is read, and shows that it is.
  for (const each of all('[tabindex]')) if (each.tabIndex > 0) fault('an order of its own', each);
  for (const each of all('body *')) {
    const style = getComputedStyle(each);
    const scrolls = ['auto', 'scroll'].includes(style.overflowX) && each.scrollWidth > each.clientWidth + 1;
    if (scrolls && each.tabIndex < 0 && !each.querySelector(focusable)) fault('scrolls for the mouse alone', each);
  }
  const stops = all(focusable).filter((each) => each.tabIndex >= 0 && !each.disabled && shown(each));
  let before;
  for (const each of stops.filter((stop) => stop.closest('main') && !clipped(stop))) {
    const it = box(each);
    const column = before && (it.left >= before.right || it.right <= before.left);
    if (before && it.bottom <= before.top && !column) fault('the focus jumps back', each);
    before = it;
  }
  const look = (node) => { const it = getComputedStyle(node); return [it.outlineStyle, it.outlineWidth, it.outlineColor, it.boxShadow, it.backgroundColor, it.borderColor].join('|'); };
  for (const each of stops.slice(0, 150)) {
    each.blur();
    const unseen = look(each);
    each.focus({ focusVisible: true, preventScroll: true });
    if (!each.matches(':focus-visible')) { fault('NOT LOOKED AT'); break; }
    const style = getComputedStyle(each);
    if (look(each) === unseen) fault('a focus that nobody sees', each);
    else if (style.outlineStyle !== 'none' && contrast(over(rgba(style.outlineColor), ground(each.parentElement)), ground(each.parentElement)) < 3) fault('a faint focus', each);
    each.blur();
  }
  scrollTo(0, 0);

  const main = document.querySelector('main');
  if (main && getComputedStyle(main).direction !== (root.dir || 'ltr')) fault('written the wrong way');
  root.setAttribute('data-probe', [root.lang, root.dir || 'ltr', getComputedStyle(document.body).backgroundColor, faults.join(' ; ')].join('/'));
});
