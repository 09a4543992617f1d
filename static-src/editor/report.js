/* What a person must look at after a paste, above the text; a table may become a ranking from here. */

import {canHoldTables, fillTable, freeSlug} from "./rankings.js";

const UNREAD = /^[ \t]*```+unread\n(.*)/gm;
const LONGEST_SHOWN = 80;
const WINDOW = "ranking-of-the-text";

export function reportOf(tools) {
    const {words} = tools;
    const {panel, list} = tools.report;
    let opened = null;

    panel.querySelector("[data-close]").addEventListener("click", clear);

    function clear() {
        panel.hidden = true;
        list.replaceChildren();
    }

    function entry(...content) {
        const item = document.createElement("li");
        item.append(...content);
        list.append(item);
        return item;
    }

    /* Return how much there is to look at. */
    function show(view, {tables, notes, markdown}) {
        clear();
        const mayOffer = canHoldTables();
        if (mayOffer) {
            tables.forEach((table) => offer(view, table));
        }
        for (const [, line] of markdown.matchAll(UNREAD)) {
            const text = line.trim();
            const isLong = text.length > LONGEST_SHOWN;
            entry(words.unread.replace(
                "{text}", () => isLong ? `${text.slice(0, LONGEST_SHOWN)}…` : text,
            ));
        }
        new Set(notes.map(({text}) => text)).forEach((text) => entry(text));
        panel.hidden = !list.children.length;
        return list.children.length;
    }

    function offer(view, table) {
        const name = document.createElement("strong");
        name.textContent = table.caption;
        const item = entry(name, ` (${table.periods.join(", ")}): `);
        if (!words.grid) {
            item.append(words.noRight);
            return;
        }
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = words.asRanking;
        item.append(`${words.isPlain} `, button);
        button.addEventListener("click", () => open(view, table, item));
    }

    /* The grid opens in a window, so that this page stays as it is; it tells what was saved. */
    function open(view, table, item) {
        const grid = window.open("", WINDOW, "width=1100,height=800");
        if (!grid) {
            tools.say(words.noWindow);
            return;
        }
        opened = {grid, view, table, item};
        const form = document.createElement("form");
        form.method = "post";
        form.action = words.grid;
        form.target = WINDOW;
        form.hidden = true;
        const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
        const fields = {csrfmiddlewaretoken: token, title: table.title, text: table.cells};
        for (const [field, value] of Object.entries(fields)) {
            const input = document.createElement("textarea");
            input.name = field;
            input.value = value;
            form.append(input);
        }
        document.body.append(form);
        form.submit();
        form.remove();
    }

    window.addEventListener("message", ({origin, source, data}) => {
        if (origin === location.origin && opened && source === opened.grid && data.periods) {
            place(opened, data);
            opened = null;
        }
    });

    /* The table of the text gives way to the place of the ranking, if it still stands there. */
    function place({view, table, item}, saved) {
        const slug = freeSlug(table.slug);
        fillTable({...table, slug}, saved);
        const at = view.state.doc.toString().indexOf(table.markdown);
        const insert = `[[ranking:${slug}]]`;
        if (at < 0) {
            item.replaceChildren(words.tableGone.replace("{place}", insert));
            return;
        }
        view.dispatch({
            changes: {from: at, to: at + table.markdown.length, insert}, userEvent: "input",
        });
        item.replaceChildren(words.isRanking.replace("{name}", table.caption));
        view.focus();
    }

    return {show, clear};
}
