/* The places of ranking tables: chosen from the article's tables, and marked where none fits. */

import {RangeSetBuilder, StateEffect} from "@codemirror/state";
import {Decoration, ViewPlugin} from "@codemirror/view";

import {insertBlock} from "./commands.js";

const GROUP = "#ranking_tables-group";
const PLACE = /^[ \t]*\[\[ranking:([-\p{L}\p{N}_]{1,80})\]\][ \t]*$/u;

const tablesChanged = StateEffect.define();

/* The tables as they stand in the form now, saved or not. */
function tables() {
    return [...document.querySelectorAll(`${GROUP} .inline-related:not(.empty-form)`)]
        .filter((row) => !row.querySelector("[name$='-DELETE']:checked"))
        .map((row) => ({
            slug: row.querySelector("[name$='-slug']")?.value.trim(),
            caption: row.querySelector("[name$='-caption']")?.value.trim(),
        }))
        .filter(({slug}) => slug);
}

function addRow() {
    document.querySelector(`${GROUP} .add-row a`).click();
    const rows = document.querySelectorAll(`${GROUP} .inline-related:not(.empty-form)`);
    return rows[rows.length - 1];
}

function write(row, name, value) {
    const field = row.querySelector(`[name$='-${name}']`);
    field.value = value;
    for (const type of ["input", "change"]) {
        field.dispatchEvent(new Event(type, {bubbles: true}));
    }
}

export function canHoldTables() {
    return Boolean(document.querySelector(`${GROUP} .add-row a`));
}

/* Return the slug, or that and a number, by which the article has no table yet. */
export function freeSlug(wanted) {
    const taken = new Set(tables().map(({slug}) => slug));
    let slug = wanted;
    for (let number = 2; taken.has(slug); number += 1) {
        slug = `${wanted.slice(0, 76)}-${number}`;
    }
    return slug;
}

/* Add a table of the article that shows the periods of a series which was saved a moment ago. */
export function fillTable(table, {ranking, title, periods}) {
    const row = addRow();
    const series = row.querySelector("select[name$='-ranking']");
    if (![...series.options].some(({value}) => value === ranking)) {
        series.append(new Option(title, ranking));
    }
    const boxes = periods.map((each) => boxOf(row, title, each));
    write(row, "ranking", ranking);
    boxes.forEach((box) => {
        box.checked = true;
    });
    write(row, "slug", table.slug);
    write(row, "caption", table.caption);
    write(row, "source_note", table.source_note);
    write(row, "source_url", table.source_url);
}

/* Return the box of a period; one that the page does not know yet is made like the others. */
function boxOf(row, title, {period, label}) {
    const known = row.querySelector(`.ranking-periods input[value="${period}"]`);
    if (known) {
        return known;
    }
    const list = row.querySelector("div.ranking-periods");
    const groups = [...list.children];
    let group = groups.find((each) => each.querySelector("label").textContent === title);
    if (!group) {
        group = document.createElement("div");
        group.append(Object.assign(document.createElement("label"), {textContent: title}));
        list.append(group);
    }
    const box = document.createElement("input");
    box.type = "checkbox";
    box.name = list.id.replace(/^id_/, "");
    box.value = period;
    box.id = `${list.id}_new_${period}`;
    const name = Object.assign(document.createElement("label"), {htmlFor: box.id});
    name.append(box, ` ${label}`);
    const entry = document.createElement("div");
    entry.append(name);
    group.append(entry);
    return box;
}

export function rankingMarks(words) {
    if (!document.querySelector(GROUP)) {
        return [];
    }
    const known = Decoration.mark({class: "cm-ranking"});
    const unknown = Decoration.mark({
        class: "cm-ranking cm-ranking-unknown", attributes: {"data-told": words.noTable},
    });

    function marks(view) {
        const slugs = new Set(tables().map(({slug}) => slug));
        const builder = new RangeSetBuilder();
        for (const {from, to} of view.visibleRanges) {
            for (let at = from; at <= to;) {
                const line = view.state.doc.lineAt(at);
                const match = PLACE.exec(line.text);
                if (match) {
                    builder.add(line.from, line.to, slugs.has(match[1]) ? known : unknown);
                }
                at = line.to + 1;
            }
        }
        return builder.finish();
    }

    return ViewPlugin.define((view) => {
        const renew = () => view.dispatch({effects: tablesChanged.of(null)});
        const note = (event) => event.target.closest?.(GROUP) && renew();
        const events = ["input", "change", "formset:added", "formset:removed"];
        events.forEach((type) => document.addEventListener(type, note));
        return {
            decorations: marks(view),
            update(update) {
                if (update.view.composing) {
                    this.decorations = this.decorations.map(update.changes);
                } else if (update.docChanged || update.viewportChanged || update.transactions.some(
                    (each) => each.effects.some((effect) => effect.is(tablesChanged)),
                )) {
                    this.decorations = marks(update.view);
                }
            },
            destroy: () => events.forEach((type) => document.removeEventListener(type, note)),
        };
    }, {decorations: (plugin) => plugin.decorations});
}

/* The button opens a list of the article's tables; the last entry begins a new one. */
export function rankingMenu(view, tools) {
    const {button, list} = tools.rankings;
    if (!document.querySelector(GROUP)) {
        button.remove();
        list.remove();
        return;
    }

    function close() {
        list.hidden = true;
        button.setAttribute("aria-expanded", "false");
    }

    function entry(text, act) {
        const item = document.createElement("li");
        const choice = document.createElement("button");
        choice.type = "button";
        choice.textContent = text;
        choice.addEventListener("click", () => {
            close();
            act();
        });
        item.append(choice);
        return item;
    }

    function place(slug) {
        insertBlock(view, view.state.selection.main.to, `[[ranking:${slug}]]`);
    }

    function begin() {
        const taken = new Set(tables().map(({slug}) => slug));
        const placed = placedSlugs(view.state.doc);
        let slug = placed.find((each) => !taken.has(each));
        const isPlaced = Boolean(slug);
        for (let number = 1; !slug || taken.has(slug); number += 1) {
            slug = `ranking-${number}`;
        }
        const row = addRow();
        write(row, "slug", slug);
        if (!isPlaced) {
            place(slug);
        }
        row.querySelector("select[name$='-ranking']").focus();
    }

    button.addEventListener("click", () => {
        if (!list.hidden) {
            close();
            return;
        }
        list.replaceChildren(
            ...tables().map(({slug, caption}) => entry(
                caption ? `${caption} (${slug})` : slug,
                () => {
                    place(slug);
                    view.focus();
                },
            )),
            entry(tools.words.newTable, begin),
        );
        list.hidden = false;
        button.setAttribute("aria-expanded", "true");
        list.querySelector("button").focus();
    });
    list.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            close();
            button.focus();
        }
    });
    list.addEventListener("focusout", (event) => {
        if (!list.contains(event.relatedTarget) && event.relatedTarget !== button) {
            close();
        }
    });
}

function placedSlugs(doc) {
    return doc.toString().split("\n").map((line) => PLACE.exec(line)?.[1]).filter(Boolean);
}
