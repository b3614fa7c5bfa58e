"use strict";
(() => {
  const { groups, cards, edges } = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const [stage, world, panel, search, root] = [$("stage"), $("world"), $("panel"), $("search"), document.documentElement];
  const size = { width: +world.getAttribute("width"), height: +world.getAttribute("height") };
  const hidden = new Set();

  // A place is a card, or a row of it; -1 is the card itself.
  const id = (card, row) => (row < 0 ? `c${card}` : `r${card}-${row}`);
  const key = (card, row) => card * 4096 + row + 1;
  const name = (card, row) => cards[card].title + (row < 0 ? "" : `.${cards[card].rows[row][0]}`);
  const rowsOf = ([card, row]) => (row < 0 ? cards[card].rows.map((_, at) => [card, at]) : [[card, row]]);
  const [before, after] = [new Map(), new Map()];
  edges.forEach(([card, row, toCard, toRow], edge) => {
    const add = (map, at, link) => map.has(at) ? map.get(at).push(link) : map.set(at, [link]);
    add(after, key(card, row), { place: [toCard, toRow], edge });
    add(before, key(toCard, toRow), { place: [card, row], edge });
  });
  const links = (map, place) => rowsOf(place).flatMap(([card, row]) => map.get(key(card, row)) ?? []);

  // Zoom and pan.

  const view = { x: 0, y: 0, scale: 1 };
  const limit = (scale) => Math.min(4, Math.max(0.02, scale));

  function show(glide = false) {
    world.classList.toggle("glide", glide);
    world.classList.toggle("far", view.scale < 0.28);
    world.style.transform = `translate(${view.x}px,${view.y}px) scale(${view.scale})`;
  }

  function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const scale = limit(view.scale * factor);
    view.x = x - ((x - view.x) * scale) / view.scale;
    view.y = y - ((y - view.y) * scale) / view.scale;
    view.scale = scale;
    show();
  }

  function fit(glide = false) {
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    view.scale = limit(Math.min(1.25, (width - 24) / size.width, (height - 24) / size.height));
    view.x = (width - size.width * view.scale) / 2;
    view.y = (height - size.height * view.scale) / 2;
    show(glide);
  }

  /** Where a card or row is, in the picture's pixels. */
  function box([card, row]) {
    const { e: x, f: y } = $(id(card, -1)).transform.baseVal.consolidate().matrix;
    const rect = $(id(card, row)).querySelector("rect");
    return { x, y: y + rect.y.baseVal.value, width: rect.width.baseVal.value, height: rect.height.baseVal.value };
  }

  /** Brings a place into view, and near enough to read. */
  function reveal(place) {
    const { x, y, width, height } = box(place);
    const [left, top] = [x * view.scale + view.x, y * view.scale + view.y];
    const room = stage.clientWidth - (panel.hidden ? 0 : panel.offsetWidth + 28);
    const seen = left > 0 && top > 0 && left + width * view.scale < room && top + height * view.scale < stage.clientHeight;
    if (seen && view.scale >= 0.5) return;
    view.scale = Math.max(view.scale, 0.8);
    view.x = room / 2 - (x + width / 2) * view.scale;
    view.y = stage.clientHeight / 2 - (y + height / 2) * view.scale;
    show(true);
  }

  const pointers = new Map();
  let moved = 0;
  stage.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    moved = 0;
  });
  stage.addEventListener("pointermove", (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < 4) return;
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("dragging");
    const others = [...pointers.values()].filter((it) => it.pointerId !== event.pointerId);
    if (others.length) {
      const distance = (it) => Math.hypot(it.clientX - others[0].clientX, it.clientY - others[0].clientY);
      zoom(distance(event) / (distance(last) || 1), others[0].clientX, others[0].clientY - stage.offsetTop);
    } else {
      view.x += dx;
      view.y += dy;
      show();
    }
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      stage.classList.remove("dragging");
    });
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.shiftKey) {
      view.x -= event.deltaY || event.deltaX;
      show();
    } else {
      const lines = event.deltaMode ? 24 : 1;
      zoom(Math.exp(-Math.max(-160, Math.min(160, event.deltaY * lines)) * 0.0022), event.clientX, event.clientY - stage.offsetTop);
    }
  }, { passive: false });

  // What is upstream and downstream.

  function reach(map, place) {
    const [rows, found] = [new Set(), new Set()];
    const todo = rowsOf(place);
    while (todo.length) {
      for (const { place, edge } of map.get(key(...todo.pop())) ?? []) {
        found.add(edge);
        if (!rows.has(key(...place))) {
          rows.add(key(...place));
          todo.push(place);
        }
      }
    }
    return { rows, edges: found };
  }

  const clear = (name) => world.querySelectorAll(`.${name}`).forEach((it) => it.classList.remove(name));
  let picked = null;

  function pick(place) {
    picked = place;
    clear("lit");
    clear("picked");
    world.classList.toggle("tracing", place !== null);
    panel.hidden = place === null;
    history.replaceState(null, "", place ? `#${encodeURIComponent(name(...place))}` : location.pathname + location.search);
    if (!place) return;
    const [up, down] = [reach(before, place), reach(after, place)];
    const light = (card, row) => [id(card, row), id(card, -1)].forEach((it) => $(it).classList.add("lit"));
    [...up.rows, ...down.rows].forEach((it) => light(Math.floor(it / 4096), (it % 4096) - 1));
    rowsOf(place).forEach((it) => light(...it));
    [...up.edges, ...down.edges].forEach((it) => $(`e${it}`).classList.add("lit"));
    $(id(place[0], -1)).classList.add("lit");
    $(id(...place)).classList.add("picked");
    describe(place, up.rows.size, down.rows.size);
  }

  function element(tag, text, attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  function describe(place, up, down) {
    const [at, row] = place;
    const card = cards[at];
    const close = element("button", "×", { class: "close", "aria-label": "Close" });
    close.onclick = () => { pick(null); stage.focus(); };
    panel.replaceChildren(close, element("h2", name(...place)));
    const about = [groups[card.group], card.note].filter(Boolean).join(" · ");
    if (about) panel.append(element("p", about));
    const version = row < 0 ? card.detail : card.rows[row][1];
    if (version) panel.append(element("p", "")), panel.lastChild.append(element("code", version));
    if (card.description) panel.append(element("p", card.description));
    for (const [title, map, all] of [["Upstream", before, up], ["Downstream", after, down]]) {
      const direct = [...new Map(links(map, place).map((it) => [key(...it.place), it.place])).values()];
      panel.append(element("h3", `${title}: ${direct.length} direct, ${all} in all`));
      for (const next of direct) {
        const go = element("button", name(...next), { class: "go" });
        go.onclick = () => { move(next); pick(next); };
        panel.append(go);
      }
    }
    $("status").textContent = `${name(...place)}: ${up} upstream, ${down} downstream`;
  }

  // Walking by keys.

  let here = null;
  function move(place) {
    clear("here");
    here = place;
    $(id(...place)).classList.add("here");
    reveal(place);
    const count = (map) => links(map, place).length;
    $("status").textContent = `${name(...place)}: from ${count(before)}, into ${count(after)}`;
  }

  const visible = (card) => !hidden.has(cards[card].group);
  function walk(direction) {
    if (!here) {
      const first = cards.findIndex((_, card) => visible(card));
      if (first >= 0) move([first, -1]);
      return;
    }
    const [card, row] = here;
    if (direction === "left" || direction === "right") {
      const next = links(direction === "left" ? before : after, here).find((it) => visible(it.place[0]));
      if (next) move(next.place);
      return;
    }
    const step = direction === "down" ? 1 : -1;
    if (row + step >= -1 && row + step < cards[card].rows.length) return move([card, row + step]);
    // The next card of the column.
    const own = box([card, -1]);
    const column = cards.map((_, at) => at).filter((at) => visible(at) && Math.abs(box([at, -1]).x - own.x) < 1);
    column.sort((a, b) => box([a, -1]).y - box([b, -1]).y);
    const next = column[column.indexOf(card) + step];
    if (next !== undefined) move([next, step > 0 ? -1 : cards[next].rows.length - 1]);
  }

  const target = (event) => {
    const [, card, row] = /^[cr](\d+)(?:-(\d+))?$/.exec(event.target.closest?.(".row,.card")?.id ?? "") ?? [];
    return card === undefined ? null : [+card, row === undefined ? -1 : +row];
  };
  stage.addEventListener("click", (event) => {
    if (moved >= 4) return;
    const place = target(event);
    const again = place && picked && key(...place) === key(...picked);
    if (place) move(place);
    pick(again ? null : place);
  });

  // Search.

  let matches = [];
  let match = -1;
  function find() {
    const text = search.value.trim().toLowerCase();
    clear("match");
    world.classList.toggle("searching", text !== "");
    const has = (it) => it.toLowerCase().includes(text);
    const found = (card, at) => {
      const rows = card.rows.map((row, place) => [at, place]).filter(([, place]) => has(`${card.title}.${card.rows[place][0]}`) && !has(card.title));
      return rows.length ? rows : has(card.title) || has(card.description) || has(card.detail) ? [[at, -1]] : [];
    };
    matches = text === "" ? [] : cards.flatMap(found).filter(([card]) => visible(card));
    match = -1;
    matches.forEach(([card]) => $(id(card, -1)).classList.add("match"));
    $("count").textContent = text === "" ? "" : `${matches.length} found`;
  }
  function next(step) {
    if (!matches.length) return;
    match = (match + step + matches.length) % matches.length;
    $("count").textContent = `${match + 1} of ${matches.length}`;
    move(matches[match]);
  }
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") next(event.shiftKey ? -1 : 1);
    if (event.key !== "Escape") return;
    search.value = "";
    find();
    stage.focus();
    event.stopPropagation();
  });

  // Groups.

  function filter() {
    cards.forEach((card, at) => $(id(at, -1)).classList.toggle("off", hidden.has(card.group)));
    edges.forEach(([from, , to], at) => $(`e${at}`).classList.toggle("off", !visible(from) || !visible(to)));
    find();
  }
  if (groups.length > 1) {
    groups.forEach((group, at) => {
      const button = element("button", "", { "aria-pressed": "true" });
      button.innerHTML = `<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="swatch g${at % 8}" width="10" height="10" rx="3"/></svg>`;
      button.append(group);
      button.onclick = () => {
        if (!hidden.delete(at)) hidden.add(at);
        button.setAttribute("aria-pressed", String(!hidden.has(at)));
        filter();
      };
      $("groups").append(button);
    });
  }

  // Light and dark.

  const themes = ["auto", "light", "dark"];
  function theme(name) {
    if (name === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", name);
    $("theme").textContent = `Theme: ${name}`;
    $("theme").dataset.name = name;
  }
  $("theme").onclick = () => {
    const name = themes[(themes.indexOf($("theme").dataset.name) + 1) % themes.length];
    theme(name);
    try { localStorage.setItem("metaxy-theme", name); } catch { /* a page without storage forgets it */ }
  };
  let remembered = null;
  try { remembered = localStorage.getItem("metaxy-theme"); } catch { /* as above */ }
  theme(themes.includes(remembered) ? remembered : "auto");

  // Keys.

  $("in").onclick = () => zoom(1.3);
  $("out").onclick = () => zoom(1 / 1.3);
  $("fit").onclick = () => fit(true);
  const keys = {
    ArrowLeft: () => walk("left"),
    ArrowRight: () => walk("right"),
    ArrowUp: () => walk("up"),
    ArrowDown: () => walk("down"),
    Enter: () => here && pick(here),
    " ": () => here && pick(here),
    "+": () => zoom(1.3),
    "=": () => zoom(1.3),
    "-": () => zoom(1 / 1.3),
    0: () => fit(true),
  };
  stage.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && picked) {
      pick(null);
      stage.focus();
    }
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.select();
      search.focus();
    }
  });

  const layOut = () => {
    stage.style.top = `${document.querySelector("header").offsetHeight}px`;
  };
  addEventListener("resize", layOut);
  layOut();
  fit();
  requestAnimationFrame(() => setTimeout(() => performance.mark("shown")));
  stage.focus({ preventScroll: true });
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (wanted) {
    const places = cards.flatMap((card, at) => [[at, -1], ...card.rows.map((_, row) => [at, row])]);
    const place = places.find((it) => name(...it) === wanted);
    if (place) { move(place); pick(place); }
  }
})();
