// The moderators' queue by keyboard. Everything is done by the page's own buttons: without this
// script they are there all the same. Single keys act only on a comment that has the focus, and
// only when the moderator has switched them on; `code` names the key whatever the input method is.
(() => {
  "use strict";

  const SWITCH = "openup-queue-keys";
  const form = document.querySelector("#queue-form");
  if (!form) return;
  const items = [...form.querySelectorAll("[data-item]")];
  const boxes = items.map((item) => item.querySelector("input[type=checkbox]"));
  const keys = form.querySelector("[data-keys]");
  const keysSwitch = keys.querySelector("[data-keys-switch]");
  const help = keys.querySelector("[data-keys-help]");
  const tickAll = form.querySelector("[data-tick-all]");

  const show = () => {
    help.hidden = !keysSwitch.checked;
    items.forEach((item) => item.setAttribute("tabindex", keysSwitch.checked ? "0" : "-1"));
  };
  keys.hidden = tickAll.hidden = false;
  try {
    keysSwitch.checked = localStorage.getItem(SWITCH) === "on";
  } catch {
    // Where storage is refused the switch holds for this page.
  }
  keysSwitch.addEventListener("change", () => {
    try {
      localStorage.setItem(SWITCH, keysSwitch.checked ? "on" : "off");
    } catch {}
    show();
  });
  show();

  tickAll.addEventListener("click", () => {
    const all = boxes.every((box) => box.checked);
    boxes.forEach((box) => (box.checked = !all));
  });

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const at = items.indexOf(target);
    if (!keysSwitch.checked || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (at < 0 && target !== document.body) return;
    if (event.code === "KeyJ" || event.code === "KeyK") {
      const next = at < 0 ? 0 : at + (event.code === "KeyJ" ? 1 : -1);
      items[Math.min(Math.max(next, 0), items.length - 1)].focus();
    } else if (event.code === "KeyX" && at >= 0) {
      boxes[at].checked = !boxes[at].checked;
    } else {
      const button = (event.code === "KeyZ" ? document : target).querySelector(`[data-key="${event.code}"]`);
      if (!button || (at < 0 && event.code !== "KeyZ")) return;
      button.click();
    }
    event.preventDefault();
  });

  // After an act the next comment is the first one left.
  if (keysSwitch.checked && location.search.includes("done=")) items[0].focus();
})();
