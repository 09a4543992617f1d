/* What the toolbar and the keys write. Each is one step for undo. */

import {EditorSelection} from "@codemirror/state";

import {words} from "./words.js";

const HEADING = /^(#{1,6})[ \t]+/;
const LIST = /^([ \t]*)(?:[-+*]|\d{1,9}[.)])[ \t]+/;
const BEGINNING = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t]+)?/;
const BLOCK = /^(?:#{1,6} |[-+*] |\d{1,9}[.)] |> |\||!\[|\[\[)/;
const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/;

function linesOf(state) {
    const lines = new Map();
    for (const {from, to} of state.selection.ranges) {
        for (let line = state.doc.lineAt(from); ; line = state.doc.line(line.number + 1)) {
            lines.set(line.number, line);
            if (line.to >= to) {
                break;
            }
        }
    }
    return [...lines.values()];
}

/* Make the changes that `change(line, lines)` gives for each line of the selection. */
function changeBeginnings(view, change) {
    const lines = linesOf(view.state);
    const changes = lines.flatMap((line) => change(line, lines) ?? []);
    if (changes.length) {
        view.dispatch({changes, userEvent: "input", scrollIntoView: true});
    }
    return true;
}

/* Plain, second, third, fourth level and plain again: the page's own title is the first. */
export function toggleHeading(view) {
    return changeBeginnings(view, (line) => {
        const [all = "", marks = ""] = HEADING.exec(line.text) ?? [];
        const level = marks.length < 2 ? 2 : (marks.length + 1) % 5;
        const insert = level ? `${"#".repeat(level)} ` : "";
        return {from: line.from, to: line.from + all.length, insert};
    });
}

function isWritten(line) {
    return line.text.trim() !== "";
}

export function toggleList(view) {
    return changeBeginnings(view, (line, lines) => {
        const written = lines.filter(isWritten);
        const all = written.length > 0 && written.every(({text}) => LIST.test(text));
        const [marked = "", indent = ""] = LIST.exec(line.text) ?? [];
        if (all) {
            return {from: line.from + indent.length, to: line.from + marked.length};
        }
        const at = line.from + /^[ \t]*/.exec(line.text)[0].length;
        return marked || (written.length && !isWritten(line)) ? null : {from: at, insert: "- "};
    });
}

export function toggleQuotation(view) {
    return changeBeginnings(view, (line, lines) => {
        const all = lines.every(({text}) => text.startsWith(">"));
        const marked = /^> ?/.exec(line.text)?.[0] ?? "";
        return all ? {from: line.from, to: line.from + marked.length}
            : {from: line.from, insert: "> "};
    });
}

export function toggleBold(view) {
    const {state} = view;
    view.dispatch(state.update(state.changeByRange(({from: begin, to}) => {
        // What makes a line an item or a heading is not of its words.
        const line = state.doc.lineAt(begin);
        const from = Math.min(to, Math.max(begin, line.from + BEGINNING.exec(line.text)[0].length));
        const isBold = state.sliceDoc(from - 2, from) === "**" && state.sliceDoc(to, to + 2) === "**";
        if (isBold) {
            return {
                changes: [{from: from - 2, to: from}, {from: to, to: to + 2}],
                range: EditorSelection.range(from - 2, to - 2),
            };
        }
        return {
            changes: [{from, insert: "**"}, {from: to, insert: "**"}],
            range: EditorSelection.range(from + 2, to + 2),
        };
    }), {userEvent: "input", scrollIntoView: true}));
    return true;
}

export function insertLink(view) {
    const {from, to} = view.state.selection.main;
    const chosen = view.state.sliceDoc(from, to);
    const isAddress = ADDRESS.test(chosen);
    const text = isAddress ? words().linkText : chosen || words().linkText;
    const address = isAddress ? chosen : "https://";
    const begin = isAddress || !chosen ? from + 1 : from + text.length + 3;
    view.dispatch({
        changes: {from, to, insert: `[${text}](${address})`},
        selection: {
            anchor: begin,
            head: begin + (isAddress || !chosen ? text.length : address.length),
        },
        userEvent: "input",
        scrollIntoView: true,
    });
    return true;
}

export function insertTable(view) {
    const {tableHead: head, tableCell: cell} = words();
    const text = `| ${head} | ${head} |\n| --- | --- |\n| ${cell} | ${cell} |`;
    insertBlock(view, view.state.selection.main.to, text, [2, 2 + head.length]);
    return true;
}

/* Return the change that puts Markdown in the place of {from, to}: words into their line, all else
   between blank lines. */
export function piecesFor({doc}, {from, to}, markdown) {
    const [line, last] = [doc.lineAt(from), doc.lineAt(to)];
    const before = line.text.slice(0, from - line.from);
    const isWords = !markdown.includes("\n") && !BLOCK.test(markdown);
    if (isWords) {
        return {from, to, insert: markdown};
    }
    const isBareMarker = LIST.exec(`${before.trimEnd()} `)?.[0].trimEnd() === before.trimEnd();
    const begin = isBareMarker && LIST.test(markdown) ? line.from : from;
    const previous = line.number > 1 ? doc.line(line.number - 1) : null;
    const following = last.number < doc.lines ? doc.line(last.number + 1) : null;
    const isFirst = begin === line.from || !before.trim();
    const gap = isFirst ? (previous && isWritten(previous) ? "\n" : "") : "\n\n";
    const isLast = !doc.sliceString(to, last.to).trim();
    const end = isLast ? (following && isWritten(following) ? "\n" : "") : "\n\n";
    return {from: begin, to, insert: gap + markdown + end};
}

/* Write a paragraph of its own after the line at `at`, and choose a part of it, if one is given. */
export function insertBlock(view, at, text, chosen) {
    const {doc} = view.state;
    const line = doc.lineAt(at);
    const following = line.number < doc.lines ? doc.line(line.number + 1) : null;
    const previous = line.number > 1 ? doc.line(line.number - 1) : null;
    const isEmpty = !isWritten(line);
    const before = isEmpty ? (previous && isWritten(previous) ? "\n" : "") : "\n\n";
    const after = following && !isWritten(following) ? "" : "\n";
    const begin = line.to + before.length;
    const selection = chosen && {anchor: begin + chosen[0], head: begin + chosen[1]};
    view.dispatch({
        changes: {from: line.to, insert: before + text + after},
        selection,
        userEvent: "input.paste",
        scrollIntoView: Boolean(selection),
    });
}
