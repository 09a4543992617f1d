// What makes reading and writing more pleasant; every page works without it.
(() => {
  "use strict";

  const root = document.documentElement;
  const choices = { size: ["90", "110", "125", "150"], theme: ["light", "dark"] };

  // Storage throws where the reader has switched it off.
  const remembered = (name, storage = "localStorage") => {
    try {
      return window[storage].getItem(`openup-${name}`) || "";
    } catch {
      return "";
    }
  };

  const remember = (name, value, storage = "localStorage") => {
    try {
      window[storage].setItem(`openup-${name}`, value);
    } catch {
      // The choice then lasts for this page.
    }
  };

  const choose = (name, value) => {
    if (choices[name].includes(value)) {
      root.dataset[name] = value;
    } else {
      delete root.dataset[name];
    }
  };

  // At once, before anything is painted: this file stands before the stylesheet.
  Object.keys(choices).forEach((name) => choose(name, remembered(name)));
  // A page loaded anew goes back to its place, and would miss it with comments not yet laid out.
  if (performance.getEntriesByType("navigation")[0]?.type === "navigate") root.dataset.new = "";

  const addSettings = () => {
    const template = document.getElementById("reading-settings");
    if (!template) return;
    template.replaceWith(template.content);
    const settings = document.querySelector(".settings");
    for (const select of settings.querySelectorAll("select")) {
      const name = select.dataset.setting;
      select.value = root.dataset[name] || "";
      select.addEventListener("change", () => {
        choose(name, select.value);
        remember(name, select.value);
      });
    }
    settings.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && settings.open) {
        settings.open = false;
        settings.querySelector("summary").focus();
      }
    });
  };

  const newKey = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");

  // The same text sent again from this tab keeps its key and is recognised, even when the page was
  // loaded anew in between; a changed text is a new comment.
  const addSubmissionKey = (form) => {
    const field = form.elements.submission_key;
    if (!field || "anew" in field.dataset) return;
    form.addEventListener("submit", () => {
      const text = JSON.stringify([form.action, form.elements.name.value, form.elements.body.value]);
      let sum = 0;
      for (const character of text) sum = (sum * 31 + character.codePointAt(0)) % 2 ** 40;
      const sent = `${text.length}-${sum}`;
      let [known, key, at] = remembered("sent", "sessionStorage").split(" ");
      if (known !== sent || Date.now() - at > 600_000) key = newKey();
      remember("sent", `${sent} ${key} ${Date.now()}`, "sessionStorage");
      field.value = key;
    });
  };

  // What is typed is kept in this tab alone as it is typed: for each form the text that it began
  // with, what has become of it, and whether it was sent. It comes back when the same form is opened
  // anew, and goes when a comment is accepted.
  const keptTexts = () => JSON.parse(remembered("text", "sessionStorage") || "{}");

  const keepTexts = (texts) => {
    const text = Object.keys(texts).length ? JSON.stringify(texts) : "";
    remember("text", text, "sessionStorage");
  };

  const keepText = (form) => {
    const body = form.elements.body;
    if (!body) return;
    const { action } = form;
    let begun = body.defaultValue;
    const [before, text] = keptTexts()[action] || [];
    if (before === begun) {
      body.value = text;
      addRestored(form, body);
    } else if (text === begun) {
      // A refused form has given back what was typed.
      begun = before;
    }
    const keep = (isSent) => {
      const texts = keptTexts();
      delete texts[action];
      keepTexts(body.value === begun ? texts : { ...texts, [action]: [begun, body.value, isSent] });
    };
    body.addEventListener("input", () => keep(false));
    form.addEventListener("submit", () => keep(true));
  };

  const addRestored = (form, body) => {
    const note = document.createElement("p");
    const drop = document.createElement("button");
    note.className = "help";
    note.setAttribute("role", "status");
    drop.type = "button";
    drop.className = "reveal";
    drop.textContent = form.dataset.drop;
    drop.addEventListener("click", () => {
      body.value = body.defaultValue;
      body.dispatchEvent(new Event("input"));
      note.remove();
      body.focus();
    });
    body.closest(".fields").after(note);
    note.append(form.dataset.restored, " ", drop);
  };

  // Without what is dropped, or drawn in another way, when a text is accepted.
  const bare = (text) => text.normalize("NFC").replace(/[\s\p{C}]+/gu, "");

  const forgetText = () => {
    const texts = keptTexts();
    // Any comment's address may be read meanwhile: only the one that says the text has taken it in.
    const id = new URLSearchParams(location.search).get("comment");
    const said = bare(document.querySelector(`#comment-${Number(id)} .text`)?.textContent ?? "");
    const isAccepted = document.querySelector("[data-accepted]");
    for (const [action, [, text, isSent]] of Object.entries(texts)) {
      if (isSent && (isAccepted || said.includes(bare(text)))) delete texts[action];
    }
    keepTexts(texts);
  };

  // toLocaleString() would load the tables of all languages while the page is being opened.
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  const addCount = (form) => {
    const body = form.dataset.limit && form.querySelector("textarea");
    if (!body) return;
    const limit = Number(form.dataset.limit);
    const count = document.createElement("p");
    const warning = document.createElement("p");
    count.className = "help count";
    warning.className = "error";
    warning.setAttribute("role", "status");
    body.after(count, warning);
    const show = () => {
      const length = [...body.value.normalize("NFC").trim()].length;
      const text = `${grouped(length)} / ${grouped(limit)}`;
      count.textContent = form.dataset.count.replace("{count}", text);
      const over = grouped(Math.max(0, length - limit));
      warning.textContent = length > limit ? form.dataset.over.replace("{count}", over) : "";
    };
    body.addEventListener("input", show);
    show();
  };

  const addReveal = (form) => {
    const password = form.elements.password;
    if (!password) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.textContent = form.dataset.show;
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-controls", password.id);
    button.addEventListener("click", () => {
      const shown = password.type === "password";
      password.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    });
    password.after(button);
    // A password that is shown must not be kept by the browser as ordinary text.
    form.addEventListener("submit", () => (password.type = "password"));
  };

  const sendOnce = (form) => {
    const button = form.querySelector("[type=submit]");
    const label = button.textContent;
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) {
        event.preventDefault();
        return;
      }
      sent = true;
      button.textContent = form.dataset.wait;
      button.setAttribute("aria-disabled", "true");
    });
    // The page may come back from the browser's memory.
    addEventListener("pageshow", () => {
      sent = false;
      button.textContent = label;
      button.removeAttribute("aria-disabled");
    });
  };

  // A button behind each heading and item that has an address of its own.
  const addCopyLinks = () => {
    const template = document.getElementById("copy-link");
    if (!template || !navigator.clipboard) return;
    for (const place of document.querySelectorAll(".prose :is(h2, h3)[id], .item[id] > :first-child")) {
      const button = template.content.firstElementChild.cloneNode(true);
      const link = new URL(location.pathname, location);
      link.hash = place.id || place.parentElement.id;
      const text = place.textContent.trim();
      button.setAttribute("aria-label", `${button.title}: ${text}`);
      // Else the button's name would be heard as a part of the heading's.
      place.setAttribute("aria-label", text);
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(link.href);
        button.textContent = button.dataset.done;
        setTimeout(() => (button.textContent = "#"), 2000);
      });
      place.append(" ", button);
    }
  };

  // A browser takes for visible what lies below the column that stays.
  const showFocused = ({ target }) => {
    const table = target.closest(".ranking .table-scroll");
    const rank = table?.querySelector(".rank");
    if (!rank || target === table) return;
    const hidden = rank.getBoundingClientRect().right + 8 - target.getBoundingClientRect().left;
    if (hidden > 0) table.scrollLeft -= hidden;
  };

  const addCopyOfPage = () => {
    const list = document.querySelector(".bar ul");
    const template = document.getElementById("copy-link");
    if (!list || !template || !navigator.clipboard) return;
    const item = document.createElement("li");
    const button = template.content.firstElementChild.cloneNode(true);
    button.textContent = button.title;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(location.origin + location.pathname);
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = button.title), 2000);
    });
    item.append(button);
    list.append(item);
  };

  // The way to the conversation ends there: a phone's button would stand before the text.
  const watchArrival = () => {
    const bar = document.querySelector(".bar");
    if (!bar) return;
    const seen = new Map();
    const watcher = new IntersectionObserver((entries) => {
      entries.forEach(({target, isIntersecting}) => seen.set(target, isIntersecting));
      bar.classList.toggle("arrived", [...seen.values()].some(Boolean));
    });
    document.querySelectorAll("#comments, #comment-form").forEach((part) => watcher.observe(part));
  };

  // Once a visit, when the page has been looked at for a while; it says nothing of who reads.
  const countReading = () => {
    const address = document.querySelector("[data-read]")?.dataset.read;
    if (!address) return;
    setTimeout(() => {
      const known = remembered("read", "sessionStorage").split(" ");
      if (document.hidden || known.includes(address)) return;
      remember("read", [...known, address].join(" "), "sessionStorage");
      navigator.sendBeacon(address);
    }, 8000);
  };

  const prepare = (form) => {
    addSubmissionKey(form);
    keepText(form);
    addCount(form);
    addReveal(form);
    sendOnce(form);
  };

  // Puts the form of the page that a link leads to below the comment; refused, it is a page again.
  const openInPlace = async (link) => {
    const page = await fetch(link.href).then((answer) => (answer.ok ? answer.text() : ""));
    const form = new DOMParser().parseFromString(page, "text/html").querySelector("main form");
    if (!form) throw new Error("This answer has no form.");
    form.setAttribute("action", link.href);
    form.setAttribute("aria-labelledby", link.pathname.replace(/.*?(\d+)\/(\w+)\/$/, "to-$2 by-$1"));
    // Several may be open at once.
    for (const node of form.querySelectorAll("*")) {
      for (const name of ["id", "for", "aria-describedby"]) {
        const ids = node.getAttribute(name);
        if (ids) node.setAttribute(name, ids.replace(/\S+/g, `${link.pathname}$&`));
      }
    }
    if (link.dataset.version) form.elements.version.value = link.dataset.version;
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "button secondary";
    cancel.textContent = form.dataset.cancel;
    cancel.addEventListener("click", () => {
      form.remove();
      link.focus();
    });
    form.querySelector(".buttons .secondary")?.remove();
    form.querySelector(".buttons").append(cancel);
    link.closest(".actions").after(form);
    prepare(form);
    return form;
  };

  const openForms = () => {
    const forms = new Map();
    document.addEventListener("click", async (event) => {
      const link = event.target.closest("[data-in-place] .actions a");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (!/\/(reply|edit|delete)\/$/.test(link.pathname)) return;
      event.preventDefault();
      if (!forms.get(link)?.isConnected) {
        if (link.ariaBusy) return;
        link.ariaBusy = "true";
        try {
          forms.set(link, await openInPlace(link));
        } catch {
          location.assign(link.href);
          return;
        } finally {
          link.ariaBusy = null;
        }
      }
      forms.get(link).querySelector("textarea, input:not([type=hidden])").focus();
    });
  };

  // Not every browser unfolds what an address leads to.
  const unfold = (place) => {
    for (let fold = place; (fold = fold.closest("details:not([open])")); ) fold.open = true;
  };

  const unfoldTarget = () => {
    const target = document.querySelector(":target");
    if (target?.closest("details:not([open])")) {
      unfold(target);
      target.scrollIntoView();
    }
  };

  // Whoever has just written reads on from there: what was done is said, once, and not to others
  // whom the address is passed on to.
  const goToOwnComment = () => {
    const query = new URLSearchParams(location.search);
    const comment = document.getElementById(`comment-${Number(query.get("comment"))}`);
    const done = document.getElementById("done");
    const place = done || comment?.firstElementChild;
    if (!place) return;
    unfold(place);
    place.tabIndex = -1;
    // Before the browser has come to the address's place, focus alone would leave it half way down.
    place.focus({preventScroll: true});
    (done || comment).scrollIntoView();
    if (!done) return;
    // A live region is heard when something in it changes.
    const said = done.querySelector("[role=status]");
    said.append(...said.childNodes);
    query.delete("done");
    history.replaceState(null, "", `?${query}#${comment ? comment.id : "done"}`);
  };

  // Each in a task of its own: a slow phone shows and scrolls the page in between.
  document.addEventListener("DOMContentLoaded", () => {
    const forms = [...document.querySelectorAll("[data-writing]")].map((form) => () => prepare(form));
    const jobs = [goToOwnComment, forgetText, openForms, ...forms, addSettings, addCopyOfPage, watchArrival, addCopyLinks, countReading];
    jobs.forEach((job) => setTimeout(job));
    addEventListener("hashchange", unfoldTarget);
    document.addEventListener("focusin", showFocused);
  });
})();
