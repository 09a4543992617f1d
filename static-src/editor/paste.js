/* What was copied elsewhere comes as HTML, or as text with the bullets of 한글: the server makes
   Markdown of it. Where it cannot, the bare text is there. */

import {isolateHistory} from "@codemirror/commands";
import {EditorView} from "@codemirror/view";

import {piecesFor} from "./commands.js";
import {isNotComposing} from "./pictures.js";

const PATIENCE = 20_000;
// Many times what an article may hold; the server reads no more at once.
const MOST_READ = 3_000_000;
const MOST_BARE = 100_000;

const FORMED = /<(?:a|b|strong|em|i|s|del|h[1-6]|li|img|blockquote|pre|code|sup|sub)[\s>]|font-weight|mso-list/i;
const BULLETS = /^[ \t]*[□■◆◇○●◎❍◦•▪▸►▶‣※․∙·]/m;
const INDENTED = /\t|^ {2,}\S/m;
const MARKDOWN = /^[ \t]*(?:#{1,6} |[-+*] |\d+[.)] |> |```|\||!\[)|\]\(|\*\*|\[\[/m;

/* Text that is Markdown already, and a word of no form, need no reading. */
function isToRead(html, text, types) {
    if (types.includes("vscode-editor-data")) {
        return false;
    }
    if (html) {
        const isOneLine = !text.trim().includes("\n");
        return !isOneLine || (FORMED.test(html) && !/<table[\s>]/i.test(html));
    }
    return BULLETS.test(text) || (INDENTED.test(text) && !MARKDOWN.test(text));
}

async function ask(address, html, text, words) {
    if (html.length + text.length > MOST_READ) {
        return {error: words.tooMuch};
    }
    const form = new FormData();
    form.append("html", new Blob([html]), "html");
    form.append("text", new Blob([text]), "text");
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    let response;
    try {
        response = await fetch(address, {
            method: "POST",
            body: form,
            headers: {"X-CSRFToken": token},
            signal: AbortSignal.timeout(PATIENCE),
        });
    } catch {
        return {error: words.notAnswered};
    }
    // A page instead of an answer comes from before our own view, or from its fault.
    const answer = await response.json().catch(() => ({}));
    if (answer.markdown === undefined && !answer.error) {
        console.error(`The reading answers ${response.status} ${response.url}`);
    }
    return answer.markdown === undefined ? {error: answer.error ?? words.notRead} : answer;
}

export function pasteOf(field, tools, report) {
    const {words} = tools;
    const places = new Set();
    const waiting = new Set();
    // What was copied here is Markdown, whatever it looks like.
    let ownText, isBare = false;

    const noteCopied = (_event, {state}) => {
        const {from, to} = state.selection.main;
        ownText = state.sliceDoc(from, to);
    };
    const handlers = EditorView.domEventHandlers({
        copy: noteCopied,
        cut: noteCopied,
        keydown(event) {
            isBare = event.code === "KeyV" && event.shiftKey && (event.ctrlKey || event.metaKey);
        },
        paste(event, view) {
            const data = event.clipboardData;
            const html = data.getData("text/html");
            const text = data.getData("text/plain").replace(/\r\n?/g, "\n");
            const isAsItIs = isBare || view.state.readOnly || (ownText && text === ownText);
            isBare = false;
            if (isAsItIs || !isToRead(html, text, data.types)) {
                return false;
            }
            event.preventDefault();
            const reading = read(view, html, text);
            waiting.add(reading);
            reading.finally(() => waiting.delete(reading));
            return true;
        },
    });

    /* Where it goes stays the same place while the text around it is written on. */
    function follow(update) {
        if (!update.docChanged) {
            return;
        }
        for (const place of places) {
            const isPoint = place.from === place.to;
            place.from = update.changes.mapPos(place.from, isPoint ? -1 : 1);
            place.to = isPoint ? place.from : Math.max(place.from, update.changes.mapPos(place.to, -1));
            place.isLeft = true;
        }
    }

    async function read(view, html, text) {
        const {from, to} = view.state.selection.main;
        const place = {from, to, isLeft: false};
        places.add(place);
        report.clear();
        tools.say(words.reading);
        const answer = await ask(words.paste, html, text, words);
        await isNotComposing(view);
        places.delete(place);
        if (answer.error) {
            tools.say(putBare(view, place, text).replace("{reason}", answer.error));
            return;
        }
        put(view, place, piecesFor(view.state, place, answer.markdown));
        const count = report.show(view, answer);
        tools.say(count ? `${words.pasted} ${words.toCheck.replace("{count}", count)}` : words.pasted);
    }

    function putBare(view, place, text) {
        if (!text.trim() || text.length > MOST_BARE) {
            return words.notPasted;
        }
        put(view, place, {from: place.from, to: place.to, insert: text});
        return words.pastedBare;
    }

    /* One step for undo. The cursor goes to its end, or to the first picture that needs words. */
    function put(view, place, {from, to, insert}) {
        const end = from + insert.trimEnd().length;
        const picture = insert.indexOf("![ALT?]");
        const chosen = picture < 0 ? {anchor: end} : {
            anchor: from + picture + 2, head: from + picture + 6,
        };
        view.dispatch({
            changes: {from, to, insert},
            selection: place.isLeft ? undefined : chosen,
            scrollIntoView: !place.isLeft,
            userEvent: "input.paste",
            annotations: isolateHistory.of("full"),
        });
    }

    // What is being read belongs to the form that is sent.
    field.form?.addEventListener("beforesending", ({detail}) => {
        detail.waitUntil(Promise.all(waiting).then(() => undefined));
    });

    return {handlers, follow};
}
