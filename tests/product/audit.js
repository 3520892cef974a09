// Looks at a page as somebody does who cannot see, point or hear well; says what is wrong in `data-probe`.
addEventListener('load', () => {
  const faults = [];
  const root = document.documentElement;
  const fault = (what, node) => faults.push(what + (node ? ' at ' + node.tagName.toLowerCase() + ' ' + (node.textContent || node.name || '').trim().slice(0, 30) : ''));
  if (!root.lang) fault('no language');
  if (!['ltr', 'rtl'].includes(root.dir)) fault('no direction');
  if (!document.title.trim()) fault('no title');
  if (document.querySelectorAll('main').length !== 1) fault('not one main part');
  if (document.querySelectorAll('h1').length !== 1) fault('not one first heading');
  let level = 1;
  for (const heading of document.querySelectorAll('h1,h2,h3,h4')) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) fault('a heading skips a level', heading);
    level = own;
  }
  const viewport = document.querySelector('meta[name=viewport]');
  if (!viewport || /user-scalable=no|maximum-scale/.test(viewport.content)) fault('no zoom');
  for (const nav of document.querySelectorAll('nav')) if (!nav.getAttribute('aria-label')) fault('a navigation without a name', nav);
  for (const set of document.querySelectorAll('fieldset')) if (!set.querySelector('legend')?.textContent.trim()) fault('a group without a name', set);
  const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
  if (new Set(ids).size !== ids.length) fault('an id that is there twice');
  for (const each of document.querySelectorAll('[aria-describedby],[aria-labelledby]'))
    for (const id of (each.getAttribute('aria-describedby') || each.getAttribute('aria-labelledby')).split(' '))
      if (!document.getElementById(id)) fault('a description that is not there', each);
  for (const field of document.querySelectorAll('input:not([type=hidden]),select,textarea')) {
    const name = [...(field.labels || [])].map((label) => label.textContent).join('') + (field.getAttribute('aria-label') || '');
    if (!name.trim()) fault('a field without a name', field);
  }
  for (const each of document.querySelectorAll('button,a')) if (!each.textContent.trim()) fault('a control without a name', each);
  for (const each of document.querySelectorAll('button,label,input[type=tel]')) {
    const box = each.getBoundingClientRect();
    if (!each.classList.contains('field') && (box.height < 44 || box.width < 44)) fault('a small target', each);
  }
  for (const each of document.querySelectorAll('nav a')) if (each.getBoundingClientRect().height < 24) fault('a small link', each);
  const channel = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parts = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ['SCRIPT', 'STYLE'].includes(node.tagName)) continue;
    const [one, two] = [light(parts(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    if ((one + 0.05) / (two + 0.05) < 4.5) fault('faint text', node);
  }
  if (root.scrollWidth > innerWidth) fault('scrolls sideways');
  const main = document.querySelector('main');
  const aligned = getComputedStyle(main).direction;
  if (aligned !== root.dir) fault('written the wrong way');
  root.setAttribute('data-probe', root.lang + '/' + root.dir + '/' + getComputedStyle(document.body).backgroundColor + '/' + faults.join(' ; '));
});
